import SweepModel
import Testing

@Suite struct WebAddressTests {
    @Test(arguments: [
        ("https://h", true, "h", 443, "/", "h"), ("http://h:8080/a/b?c=d#e", false, "h", 8080, "/a/b?c=d", "h:8080"),
        ("HTTPS://H/x", true, "H", 443, "/x", "H"), ("http://h?q", false, "h", 80, "/?q", "h"),
        ("https://[::1]:9/x", true, "::1", 9, "/x", "[::1]:9"),
        ("http://[fe80::1]", false, "fe80::1", 80, "/", "[fe80::1]"),
    ])
    func `an address is taken apart`(
        text: String, isSecure: Bool, host: String, port: Int, target: String, header: String
    ) throws {
        let address = try #require(WebAddress(text))
        #expect(address.isSecure == isSecure)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.target == target)
        #expect(address.hostHeader == header)
    }

    @Test(arguments: [
        "", "h", "ftp://h", "http://", "http:///x", "https://user@h/", "http://h:0/", "http://h:99999/", "http://h:x/",
        "http://[::1", "http://[::1]x/", "http://h /", "http://h/\r\nHost: x", "http://h/ü", "javascript://h",
    ])
    func `what is none is refused`(text: String) { #expect(WebAddress(text) == nil) }

    @Test func `this machine is told from others`() {
        #expect(WebAddress("http://localhost/")?.isLoopback == true)
        #expect(WebAddress("http://127.0.0.1:1/")?.isLoopback == true)
        #expect(WebAddress("http://[::1]/")?.isLoopback == true)
        #expect(WebAddress("http://h/")?.isLoopback == false)
    }
}
