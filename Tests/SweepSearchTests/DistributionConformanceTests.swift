import SweepModel
import SweepSearch
import Testing

/// A law to put through the suite: every built-in law occurs in `all` at least once.
struct LawCase: Sendable, CustomTestStringConvertible {
    var name: String
    var fields: DistributionFields
    /// Where its values may lie; nil: they are no numbers.
    var range: ClosedRange<Double>?

    var testDescription: String {
        "\(name) \(fields.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.json())" })"
    }

    func law() throws -> any Distribution {
        let reading = BuiltIns.distribution(named: name, fields: fields)
        return try #require(reading.distribution, "\(reading.problems)")
    }

    static let all: [LawCase] = [
        LawCase(name: "constant", fields: ["value": ["deep": [1, "x"]]]),
        LawCase(name: "constant", fields: ["value": nil]),
        LawCase(name: "categorical", fields: ["values": [1, 1.5, "a", true, nil, [1, 2], ["k": 1]]]),
        LawCase(name: "categorical", fields: ["values": .list((0..<5000).map { .string("c\($0)") })]),
        LawCase(name: "categorical", fields: ["values": ["only"]]),
        LawCase(
            name: "categorical_w_probabilities", fields: ["values": ["a", "b", "c"], "probabilities": [0.2, 0, 0.8]]),
        LawCase(name: "int_uniform", fields: ["min": -3, "max": 7], range: -3...7),
        LawCase(name: "int_uniform", fields: ["min": .int(.min), "max": .int(.max)], range: -9.3e18...9.3e18),
        LawCase(name: "int_uniform", fields: ["min": .int(.max - 1), "max": .int(.max)], range: 9.2e18...9.3e18),
        LawCase(name: "uniform", fields: ["min": 0, "max": 1], range: 0...1),
        LawCase(name: "uniform", fields: ["min": -1e308, "max": 1e308], range: -1e308...1e308),
        LawCase(name: "uniform", fields: ["min": 1e-300, "max": 2e-300], range: 1e-300...2e-300),
        LawCase(name: "q_uniform", fields: ["min": 0, "max": 1], range: 0...1),
        LawCase(name: "q_uniform", fields: ["min": 1, "max": 9, "q": 4], range: 0...8),
        LawCase(name: "q_uniform", fields: ["min": -0.5, "max": 0.5, "q": 0.1], range: -0.5...0.5),
        LawCase(name: "q_uniform", fields: ["min": -1e308, "max": 1e308, "q": 1], range: -9.3e18...9.3e18),
        LawCase(name: "log_uniform", fields: ["min": -10, "max": 0], range: 4.539e-5...1),
        LawCase(name: "log_uniform", fields: ["min": -2000, "max": 2000], range: 0...Double.greatestFiniteMagnitude),
        LawCase(name: "log_uniform_values", fields: ["min": 1e-5, "max": 0.1], range: 1e-5...0.1),
        LawCase(name: "log_uniform_values", fields: ["min": 1e-307, "max": 1e308], range: 1e-307...1e308),
        LawCase(name: "q_log_uniform", fields: ["min": 0, "max": 6, "q": 2], range: 0...404),
        LawCase(name: "q_log_uniform_values", fields: ["min": 16, "max": 1024, "q": 8], range: 16...1024),
        LawCase(name: "inv_log_uniform", fields: ["min": 0, "max": 10], range: 4.539e-5...1),
        LawCase(name: "inv_log_uniform_values", fields: ["min": 1e-5, "max": 0.1], range: 1e-5...0.1),
        LawCase(name: "normal", fields: [:], range: -9...9),
        LawCase(name: "normal", fields: ["mu": 5, "sigma": 0], range: 5...5),
        LawCase(
            name: "normal", fields: ["mu": 1e308, "sigma": 1e308],
            range: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude),
        LawCase(name: "q_normal", fields: ["mu": 100, "sigma": 20, "q": 5], range: -100...300),
        LawCase(name: "log_normal", fields: ["mu": 0, "sigma": 1], range: 0...4000),
        LawCase(name: "q_log_normal", fields: ["mu": 3, "sigma": 1, "q": 0.5], range: 0...80_000),
        LawCase(name: "beta", fields: ["a": 2, "b": 3], range: 0...1),
        LawCase(name: "beta", fields: ["a": 0.5, "b": 0.5], range: 0...1),
        LawCase(name: "q_beta", fields: ["a": 2, "b": 5, "q": 0.1], range: 0...1),
    ]
}

/// What every law must keep, over `BuiltIns.distributions`.
@Suite struct DistributionConformanceTests {
    static let positions: [Double] =
        [0, .leastNonzeroMagnitude, 1e-300, 1e-17, 0x1p-53] + (1..<400).map { Double($0) / 400 } + [1 - 0x1p-53, 1]

    @Test func `every law has a case, and every name occurs once`() {
        let names = BuiltIns.distributions.map { $0.name }
        #expect(Set(names) == Set(LawCase.all.map(\.name)))
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: LawCase.all)
    func `values lie in the range and never decrease with u`(_ testCase: LawCase) throws {
        guard let range = testCase.range else { return }
        let law = try testCase.law()
        var last = -Double.infinity
        for u in Self.positions {
            let number = try #require(law.value(at: u).number)
            #expect(number.isFinite && range.contains(number), "at \(u): \(number)")
            #expect(number >= last, "at \(u)")
            last = number
        }
    }

    @Test(arguments: LawCase.all)
    func `a u that is none gives a value all the same`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        for u in [Double.nan, .infinity, -.infinity, -1, 2, -0.0, 1e308] {
            #expect(law.position(of: law.value(at: u)) != nil, "at \(u)")
        }
    }

    @Test(arguments: LawCase.all)
    func `the position of a value gives the value back`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        for u in Self.positions {
            let value = law.value(at: u)
            let position = try #require(law.position(of: value), "\(value)")
            #expect((0...1).contains(position))
            let back = law.value(at: position)
            if law.valueCount == nil, let number = value.number, let backNumber = back.number {
                // A continuum: as near as the position's own 53 bits allow.
                let around = [law.value(at: position - 0x1p-50), law.value(at: position + 0x1p-50)].compactMap(\.number)
                let (low, high) = (min(around[0], backNumber), max(around[1], backNumber))
                let slack = 1e-11 * max(abs(number), 1e-300)
                #expect(low - slack <= number && number <= high + slack, "\(value) came back as \(back)")
            } else if law.valueCount ?? .max < 1 << 50 {
                #expect(back.isSame(as: value), "\(value) came back as \(back)")
            }
        }
    }

    @Test(arguments: LawCase.all)
    func `values survive JSON`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        for u in Self.positions {
            let value = law.value(at: u)
            #expect(try JSONParser.parse(value.json()) == value)
        }
    }

    @Test(arguments: LawCase.all)
    func `what is no value of the law has no position`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        for stranger: ParameterValue in ["no such value", [nil, nil], .double(.nan), ["object": true]] {
            #expect(law.position(of: stranger) == nil, "\(stranger)")
        }
    }

    @Test(arguments: LawCase.all)
    func `an axis of a grid finds each of its values, and counts them`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        guard let axis = law.gridAxis else { return }
        #expect(axis.count > 0)
        for index in Set([0, 1, axis.count / 2, axis.count - 1]) where index < axis.count {
            #expect(axis.index(of: axis[index]) == index)
        }
        #expect(axis.index(of: "no such value") == nil)
        if axis.count <= 5000 {
            #expect(Set((0..<axis.count).map { ValueIdentity(axis[$0]) }).count == axis.count)
        }
    }

    @Test(arguments: LawCase.all)
    func `a finite law gives as many values as it counts`(_ testCase: LawCase) throws {
        let law = try testCase.law()
        guard let count = law.valueCount, count <= 200 else { return }
        let seen = Set((0...20_000).map { ValueIdentity(law.value(at: (Double($0) + 0.5) / 20_001)) })
        #expect(seen.count <= count && seen.count >= count - 1, "half-way bounds may be a value that is never drawn")
    }

    @Test(arguments: LawCase.all)
    func `its summary begins with a word and fits a line`(_ testCase: LawCase) throws {
        let summary = try testCase.law().summary
        #expect(summary.first?.isLetter == true && summary.count < 400 && !summary.contains("\n"))
    }
}
