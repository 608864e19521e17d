import SweepModel
import SweepSearch
import Testing

/// Worked values of W&B's formulas, from its own code or from mpmath.
@Suite struct DistributionTests {
    func law(_ name: String, _ fields: DistributionFields) throws -> any Distribution {
        try LawCase(name: name, fields: fields).law()
    }

    func values(_ name: String, _ fields: DistributionFields, at positions: [Double]) throws -> [ParameterValue] {
        let law = try law(name, fields)
        return positions.map { law.value(at: $0) }
    }

    @Test func `categorical takes the value at ceil(u n) - 1`() throws {
        let got = try values(
            "categorical", ["values": ["a", "b", "c", "d"]], at: [0.25, 0.2500001, 0.5, 0.75, 0.76, 1])
        #expect(got == ["a", "b", "b", "c", "d", "d"])
    }

    @Test func `probabilities take the first value whose total is above u`() throws {
        let fields: DistributionFields = ["values": ["a", "b", "c"], "probabilities": [0.25, 0.25, 0.5]]
        let got = try values("categorical_w_probabilities", fields, at: [0, 0.2499, 0.25, 0.4999, 0.5, 1])
        #expect(got == ["a", "a", "b", "b", "c", "c"])
    }

    @Test func `a value of probability 0 is never drawn, not even at the ends`() throws {
        let fields: DistributionFields = ["values": ["a", "b", "c"], "probabilities": [0, 1, 0]]
        #expect(try values("categorical_w_probabilities", fields, at: [0, 0.5, 1]) == ["b", "b", "b"])
    }

    @Test func `int_uniform includes both ends`() throws {
        let got = try values("int_uniform", ["min": 1, "max": 4], at: [0, 0.25, 0.26, 0.5, 0.75, 0.751, 1])
        #expect(got == [1, 1, 2, 2, 3, 4, 4])
    }

    @Test func `a quantised law gives ints only for an int q`() throws {
        #expect(try values("q_uniform", ["min": 0, "max": 10, "q": 2], at: [0.31]) == [4])
        #expect(try values("q_uniform", ["min": 0, "max": 10, "q": 2.0], at: [0.31]) == [4.0])
        #expect(try values("q_uniform", ["min": 0, "max": 10], at: [0.31]) == [3.0])
    }

    @Test func `halves are rounded to even, also out of the bounds`() throws {
        #expect(try values("q_uniform", ["min": 0, "max": 5, "q": 1], at: [0.1, 0.3, 0.5, 0.7]) == [0, 2, 2, 4])
        #expect(try values("q_uniform", ["min": 1, "max": 9, "q": 4], at: [0]) == [0])
        let zeroOrOne = try values("q_uniform", ["min": 0, "max": 1], at: [0.1, 0.4, 0.6, 0.9])
        #expect(zeroOrOne == [0.0, 0.0, 1.0, 1.0])
    }

    @Test func `the logarithmic laws agree with one another`() throws {
        for u in [0.0, 0.1, 0.37, 0.5, 0.99, 1] {
            func number(_ name: String, _ fields: DistributionFields) throws -> Double {
                try #require(try law(name, fields).value(at: u).number)
            }
            let limits: DistributionFields = ["min": 1e-4, "max": 0.1]
            let plain = try number("log_uniform_values", limits)
            #expect(abs(try number("inv_log_uniform_values", limits) - plain) <= 1e-14 * plain)
            let exponents = try number("log_uniform", ["min": -9, "max": -2])
            #expect(abs(try number("inv_log_uniform", ["min": 2, "max": 9]) - exponents) <= 1e-14 * exponents)
        }
        let middle = try #require(try law("log_uniform_values", ["min": 1e-4, "max": 1]).value(at: 0.5).number)
        #expect(abs(middle - 0.01) < 1e-16)
        let e = try #require(try law("log_uniform", ["min": 0, "max": 2]).value(at: 0.5).number)
        #expect(abs(e - 2.718281828459045) < 1e-15)
    }

    @Test(arguments: [
        (0.5, 0.0), (0.1, -1.2815515655446004353), (0.025, -1.9599639845400542118), (0.9, 1.2815515655446005935),
        (0.975, 1.9599639845400538556), (0.001, -3.0902323061678135354), (1e-10, -6.3613409024040561991),
        (0.925, 1.4395314709384562291), (0.0749, -1.4402382675279636631), (0.07, -1.4757910281791706856),
    ])
    func `the normal quantile is exact to 15 digits`(_ u: Double, _ z: Double) throws {
        let got = try #require(try law("normal", [:]).value(at: u).number)
        #expect(abs(got - z) <= 2e-15 * max(abs(z), 1e-300), "\(got) is not \(z)")
        let position = try #require(try law("normal", [:]).position(of: .double(z)))
        #expect(abs(position - u) <= 2e-14 * u)
        let scaled = try #require(try law("log_normal", ["mu": 1, "sigma": 0.5]).value(at: u).number)
        let exponent = try #require(try law("log_normal", ["mu": 1, "sigma": 0.5]).position(of: .double(scaled)))
        #expect(abs(exponent - u) <= 1e-13 * u)
    }

    /// (a, b, x, I_x(a, b)) by mpmath, 40 digits.
    @Test(arguments: [
        (2, 3, 0.4, 0.52480000000000003837), (0.5, 0.5, 0.1, 0.20483276469913345754),
        (0.5, 0.5, 0.9, 0.79516723530086657191), (5, 1, 0.2, 0.00032000000000000008882),
        (1, 5, 0.2, 0.67232000000000002274), (10, 20, 0.35, 0.59238666366390500246),
        (100, 200, 0.3, 0.10884306564490975751), (0.01, 0.02, 0.5, 0.66671946104127219717),
        (0.001, 1, 0.5, 0.99930709299045252191), (2, 0.5, 0.99, 0.85049999999999993405),
        (1000, 1000, 0.51, 0.81444734056848855006), (50000, 3, 0.9999, 0.1246225423617903003),
        (3, 3, 1e-10, 9.999999998500001093e-30),
    ])
    func `the incomplete beta function is exact to 11 digits`(_ a: Double, _ b: Double, _ x: Double, _ p: Double) throws
    {
        let got = try #require(try law("beta", ["a": .double(a), "b": .double(b)]).position(of: .double(x)))
        #expect(abs(got - p) <= 3e-12 * p * max(1, (a + b) / 100), "\(got) is not \(p)")
    }

    /// (a, b, u, x) by mpmath.
    @Test(arguments: [
        (2, 3, 0.5, 0.38572756813238954828), (2, 3, 0.001, 0.013022947370814272401),
        (0.5, 0.5, 0.25, 0.1464466094067262378), (5, 1, 0.3, 0.78600308559662277518),
        (0.1, 0.2, 0.1, 4.3988747401215202385e-9), (10, 20, 0.9, 0.44523828786291771806),
        (200, 100, 0.5, 0.66703749335151421715), (1, 1, 0.37, 0.37),
    ])
    func `the quantile of the beta law is exact to 12 digits`(_ a: Double, _ b: Double, _ u: Double, _ x: Double) throws
    {
        let got = try #require(try law("beta", ["a": .double(a), "b": .double(b)]).value(at: u).number)
        #expect(abs(got - x) <= 1e-12 * x, "\(got) is not \(x)")
    }

    @Test func `the axis of q_uniform is numpy's arange`() throws {
        func axis(_ fields: DistributionFields) throws -> [ParameterValue] {
            let axis = try #require(try law("q_uniform", fields).gridAxis)
            return (0..<axis.count).map { axis[$0] }
        }
        #expect(try axis(["min": 0.1, "max": 0.5, "q": 0.1]) == [0.1, 0.2, 0.30000000000000004, 0.4])
        #expect(try axis(["min": 1, "max": 10, "q": 2]) == [1, 3, 5, 7, 9])
        #expect(try axis(["min": 1, "max": 4]) == [1.0, 2.0, 3.0])
        #expect(try axis(["min": 0.5, "max": 4, "q": 1]) == [0.5, 1.5, 2.5, 3.5])
        let tenths: [ParameterValue] = [
            0.0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9,
        ]
        #expect(try axis(["min": 0, "max": 1, "q": 0.1]) == tenths)
    }

    @Test func `an axis of categorical collapses what W&B takes for one value`() throws {
        let values: ParameterValue = [
            1, 1.0, true, "1", 2, "é", "e\u{301}", 2.0, ["a": 1, "b": 2], ["b": 2.0, "a": 1],
        ]
        let axis = try #require(try law("categorical", ["values": values]).gridAxis)
        #expect((0..<axis.count).map { axis[$0] } == [1, true, "1", 2, "é", "e\u{301}", ["a": 1, "b": 2]])
        #expect(axis.index(of: 1.0) == 0)
        #expect(axis.index(of: 2.0) == 3)
    }

    @Test func `the widest range of ints is counted without overflow`() throws {
        let all = try law("int_uniform", ["min": .int(.min), "max": .int(.max)])
        #expect(all.value(at: 0) == .int(.min))
        #expect(all.value(at: 1) == .int(.max))
        #expect(all.value(at: 0.5) == 0)
        #expect(all.valueCount == .max)
        #expect(all.gridAxis?.count == nil)
        let trillion = try law("int_uniform", ["min": 1, "max": 1_000_000_000_000])
        #expect(trillion.gridAxis?.count == 1_000_000_000_000)
    }
}
