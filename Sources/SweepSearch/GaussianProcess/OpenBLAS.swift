import Glibc
package import SweepModel

/// The functions of the system's OpenBLAS that the Gaussian process uses, loaded when the first one is made.
///
/// Loaded by hand, not linked: the library's own start costs 10 ms and a thread, which `sweep --help` need not pay, and
/// only a library that is loaded late can be told how to compute. It is told two things: one thread, and the same
/// kernels on every x86-64 machine with AVX2, so that the same history gives the same suggestion on all of them.
package struct OpenBLAS: Sendable {
    typealias Size = Int32
    typealias Input = UnsafePointer<Double>
    typealias Output = UnsafeMutablePointer<Double>
    private typealias Gemv =
        @Sendable @convention(c) (Size, Size, Size, Size, Double, Input, Size, Input, Size, Double, Output, Size) ->
        Void
    private typealias Gemm =
        @Sendable @convention(c) (
            Size, Size, Size, Size, Size, Size, Double, Input, Size, Input, Size, Double, Output, Size
        ) -> Void
    private typealias Trsm =
        @Sendable @convention(c) (Size, Size, Size, Size, Size, Size, Size, Double, Input, Size, Output, Size) -> Void
    private typealias Trsv = @Sendable @convention(c) (Size, Size, Size, Size, Size, Input, Size, Output, Size) -> Void
    private typealias Factor =
        @Sendable @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<Size>, Output, UnsafePointer<Size>, UnsafeMutablePointer<Size>, Int
        ) -> Void

    private let gemv: Gemv
    private let gemm: Gemm
    private let trsm: Trsm
    private let trsv: Trsv
    private let potrf: Factor
    private let potri: Factor

    private static let loaded: Result<OpenBLAS, SweepError> = Result { () throws(SweepError) in try OpenBLAS() }

    /// - Throws: when the library is not installed, or lacks a function.
    package static func load() throws(SweepError) -> OpenBLAS { try loaded.get() }

    private init() throws(SweepError) {
        guard let library = Self.open() else { throw Self.missing("libopenblas.so.0 cannot be loaded") }
        func function<Function>(_ name: String, as type: Function.Type) throws(SweepError) -> Function {
            guard let address = dlsym(library, name) else { throw Self.missing("libopenblas has no \(name)") }
            return unsafeBitCast(address, to: type)
        }
        let setThreads = try function(
            "openblas_set_num_threads", as: (@convention(c) (Size) -> Void).self)
        setThreads(1)
        gemv = try function("cblas_dgemv", as: Gemv.self)
        gemm = try function("cblas_dgemm", as: Gemm.self)
        trsm = try function("cblas_dtrsm", as: Trsm.self)
        trsv = try function("cblas_dtrsv", as: Trsv.self)
        potrf = try function("dpotrf_", as: Factor.self)
        potri = try function("dpotri_", as: Factor.self)
    }

    private static func missing(_ what: String) -> SweepError {
        SweepError(
            .usage, "method 'bayes' needs OpenBLAS: \(what)",
            remedy: "install it, such as with: apt install libopenblas0")
    }

    /// The library reads its settings from the environment, once. The environment is exchanged as a whole for that
    /// moment: other threads read either one, never a list that is being changed.
    private static func open() -> UnsafeMutableRawPointer? {
        var settings = ["OPENBLAS_NUM_THREADS=1"]
        #if arch(x86_64)
            if hasAVX2 { settings.append("OPENBLAS_CORETYPE=Haswell") }
        #endif
        guard let address = dlsym(nil, "environ") else { return openLibrary() }
        let environment = address.assumingMemoryBound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self)
        let former = environment.pointee
        var variables: [UnsafeMutablePointer<CChar>?] = []
        while let variable = former?[variables.count] { variables.append(variable) }
        variables = settings.map { strdup($0) } + variables + [nil]
        // Never freed: another thread may still read it.
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: variables.count)
        list.initialize(from: variables, count: variables.count)
        environment.pointee = list
        defer { environment.pointee = former }
        return openLibrary()
    }

    private static func openLibrary() -> UnsafeMutableRawPointer? {
        dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) ?? dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL)
    }

    #if arch(x86_64)
        /// Whether the processor has what the Haswell kernels use.
        private static var hasAVX2: Bool {
            guard let file = fopen("/proc/cpuinfo", "r") else { return false }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 8192)
            while fgets(&line, Int32(line.count), file) != nil {
                guard strncmp(line, "flags", 5) == 0 else { continue }
                return strstr(line, " avx2 ") != nil && strstr(line, " fma ") != nil
            }
            return false
        }
    #endif
}

// CBLAS's names for its options.
private let columnMajor: Int32 = 102
private let noTranspose: Int32 = 111
private let transpose: Int32 = 112
private let lower: Int32 = 122
private let nonUnit: Int32 = 131
private let left: Int32 = 141

/// All matrices are column-major with their own leading dimension.
extension OpenBLAS {
    /// y = scale · A x + keep · y for A of `rows` × `columns`; with `transposed`, A's transpose.
    func multiply(
        _ a: Input, rows: Int, columns: Int, stride: Int, transposed: Bool = false, _ x: Input, scale: Double = 1,
        keep: Double = 0, into y: Output
    ) {
        guard rows > 0, columns > 0 else {
            let count = transposed ? columns : rows
            for index in 0..<count { y[index] = keep == 0 ? 0 : keep * y[index] }
            return
        }
        gemv(
            columnMajor, transposed ? transpose : noTranspose, Size(rows), Size(columns), scale, a, Size(stride), x, 1,
            keep, y, 1)
    }

    /// C = scale · op(A) op(B) + keep · C; C is `rows` × `columns`, `inner` the common dimension.
    func multiply(
        _ a: Input, stride strideA: Int, transposed transposedA: Bool, _ b: Input, stride strideB: Int,
        transposed transposedB: Bool, rows: Int, columns: Int, inner: Int, scale: Double = 1, keep: Double = 0,
        into c: Output, stride strideC: Int
    ) {
        guard rows > 0, columns > 0 else { return }
        gemm(
            columnMajor, transposedA ? transpose : noTranspose, transposedB ? transpose : noTranspose, Size(rows),
            Size(columns), Size(inner), scale, a, Size(strideA), b, Size(strideB), keep, c, Size(strideC))
    }

    /// Replaces the lower triangle of A by its Cholesky factor; false: A is not positive definite.
    func factor(_ a: Output, size: Int, stride: Int) -> Bool {
        guard size > 0 else { return true }
        var (n, lda, info) = (Size(size), Size(stride), Size(0))
        var uplo = CChar(76)  // L
        potrf(&uplo, &n, a, &lda, &info, 1)
        return info == 0
    }

    /// Replaces the Cholesky factor in the lower triangle by that of the inverse of the factored matrix.
    func invert(factor a: Output, size: Int, stride: Int) -> Bool {
        guard size > 0 else { return true }
        var (n, lda, info) = (Size(size), Size(stride), Size(0))
        var uplo = CChar(76)  // L
        potri(&uplo, &n, a, &lda, &info, 1)
        return info == 0
    }

    /// x = L⁻¹ x, or L⁻ᵀ x.
    func solve(_ l: Input, size: Int, stride: Int, transposed: Bool = false, _ x: Output) {
        guard size > 0 else { return }
        trsv(columnMajor, lower, transposed ? transpose : noTranspose, nonUnit, Size(size), l, Size(stride), x, 1)
    }

    /// B = L⁻¹ B, or L⁻ᵀ B, for B of `size` × `columns`.
    func solve(
        _ l: Input, size: Int, stride: Int, transposed: Bool = false, columns: Int, _ b: Output, stride strideB: Int
    ) {
        guard size > 0, columns > 0 else { return }
        trsm(
            columnMajor, left, lower, transposed ? transpose : noTranspose, nonUnit, Size(size), Size(columns), 1, l,
            Size(stride), b, Size(strideB))
    }
}
