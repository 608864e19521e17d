import SweepModel
import SweepSearch
import Testing

/// A space to put every method through. A method that refuses a space must do it in `init`.
struct SpaceCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var make: @Sendable () throws -> SearchSpace

    static let all: [SpaceCase] = [
        SpaceCase(testDescription: "constants only") {
            try .of(["a": ["value": 1], "b": ["value": ["deep": [nil]]]])
        },
        SpaceCase(testDescription: "one list") { try .of(["a": ["values": [1, 2, 3]]]) },
        SpaceCase(testDescription: "one continuum") { try .of(["a": ["min": 0.0, "max": 1.0]]) },
        SpaceCase(testDescription: "100 lists") {
            try .of(Dictionary(uniqueKeysWithValues: (0..<100).map { ("p\($0)", ["values": [1, "b", 3.5]]) }))
        },
        SpaceCase(testDescription: "100 continua") {
            try .of(Dictionary(uniqueKeysWithValues: (0..<100).map { ("p\($0)", ["min": 0.0, "max": 1.0]) }))
        },
        SpaceCase(testDescription: "200 continua") {
            try .of(Dictionary(uniqueKeysWithValues: (0..<200).map { ("p\($0)", ["min": 0.0, "max": 1.0]) }))
        },
        SpaceCase(testDescription: "5,000 categories") {
            try .of(["c": ["values": .list((0..<5000).map { .string("c\($0)") })], "d": ["values": [1, 2]]])
        },
        SpaceCase(testDescription: "nested") {
            try .of(["opt.lr": ["values": [1, 2]], "opt.sched.gamma": ["min": 1, "max": 3], "z": ["value": 1]])
        },
        SpaceCase(testDescription: "conditional") {
            try .of(
                [
                    "betas": ["values": [1, 2]], "momentum": ["min": 1, "max": 5],
                    "opt": ["values": ["adam", "sgd", "x"]],
                ],
                when: ["betas": ["opt": ["adam"]], "momentum": ["opt": ["sgd"]]])
        },
        SpaceCase(testDescription: "coupled") {
            try .of(
                ["a": ["values": [1, 2, 3]], "b": ["values": [4, 5, 6]], "c": ["values": [7, 8]]], zip: [["a", "b"]])
        },
        SpaceCase(testDescription: "coupled and conditional") {
            try .of(
                [
                    "a": ["values": [1, 2, 3]], "b": ["values": [4, 5, 6]], "c": ["values": [7, 8]],
                    "d": ["min": 0, "max": 9],
                ],
                when: ["b": ["c": [8]], "d": ["a": [1, 3]]], zip: [["a", "b"]])
        },
        SpaceCase(testDescription: "huge and tiny scales") {
            try .of(
                [
                    "a": ["min": -1e308, "max": 1e308], "b": ["min": 1e-300, "max": 1e300],
                    "c": ["min": .int(.min), "max": .int(.max)],
                    "d": ["min": -700, "max": 700],
                ],
                distributions: ["b": "log_uniform_values", "d": "log_uniform"])
        },
        SpaceCase(testDescription: "one of every law") {
            var parameters: [String: DistributionFields] = [:]
            var laws: [String: String] = [:]
            for (index, testCase) in LawCase.all.enumerated() {
                parameters["p\(index)"] = testCase.fields
                laws["p\(index)"] = testCase.name
            }
            return try .of(parameters, distributions: laws)
        },
    ]
}

/// What every search method must keep, over `BuiltIns.searchMethods`.
@Suite struct SearchMethodConformanceTests {
    static let methods = BuiltIns.searchMethods.map { $0.name }

    func method(_ name: String, _ space: SearchSpace, seed: UInt64 = 1) throws -> any SearchMethod {
        try #require(BuiltIns.searchMethod(named: name)).init(space: space, seed: seed)
    }

    /// The method, or nil when it refuses the space: then with a remedy.
    func methodOrRefusal(_ name: String, _ space: SearchSpace, seed: UInt64 = 1) throws -> (any SearchMethod)? {
        do {
            return try method(name, space, seed: seed)
        } catch let error as SweepError {
            #expect(error.category == .usage && error.remedy != nil && error.message.contains("'"))
            return nil
        }
    }

    @Test func `names are different`() {
        #expect(Set(Self.methods).count == Self.methods.count)
        #expect(Self.methods.starts(with: ["grid", "random", "sobol"]))
        #expect(BuiltIns.searchMethod(named: "no such method") == nil)
    }

    @Test(arguments: methods, SpaceCase.all)
    func `points lie in the space and survive JSON`(_ name: String, _ testCase: SpaceCase) throws {
        let space = try testCase.make()
        let cube = SearchCube(space)
        guard let method = try methodOrRefusal(name, space) else { return }
        let points = method.points(50)
        #expect(points.count == min(method.size ?? .max, 50))
        for point in points {
            #expect(cube.contains(point))
            let parameters = space.parameters(of: point)
            let json = ParameterValue.object(parameters).json()
            let back = try #require(try JSONParser.parse(json).members)
            #expect(space.point(of: back) == point)
        }
    }

    @Test(arguments: methods, SpaceCase.all)
    func `the same seed gives the same points`(_ name: String, _ testCase: SpaceCase) throws {
        let space = try testCase.make()
        guard let method = try methodOrRefusal(name, space, seed: 7) else { return }
        #expect(try method.points(20) == self.method(name, space, seed: 7).points(20))
    }

    @Test(arguments: methods.filter { $0 != "grid" })
    func `another seed gives other points`(_ name: String) throws {
        let space = try SearchSpace.of(["a": ["min": 0.0, "max": 1.0], "b": ["min": 0.0, "max": 1.0]])
        // The first one may be the middle of the space.
        let sets = try [0, 1, 2, UInt64.max].map { Set(try method(name, space, seed: $0).points(30).dropFirst()) }
        for (index, points) in sets.enumerated() {
            for other in sets.dropFirst(index + 1) { #expect(points.isDisjoint(with: other)) }
        }
    }

    @Test(arguments: methods, SpaceCase.all)
    func `a search resumed from its history goes on as if never interrupted`(_ name: String, _ testCase: SpaceCase)
        throws
    {
        let space = try testCase.make()
        guard let method = try methodOrRefusal(name, space) else { return }
        let statuses: [Observation.Status] = [.completed(1), .completed(-3), .failed, .completed(0.5), .pending]
        func status(_ index: Int) -> Observation.Status { statuses[index % statuses.count] }
        let (early, count) = method.isSlow ? (4, 5) : (11, 30)
        let whole = method.points(count, status: status)
        var history = SearchHistory(
            observations: whole.prefix(early).enumerated().map { Observation(point: $1, status: status($0)) })
        var resumed = Array(whole.prefix(early))
        while resumed.count < count, case .point(let point, _) = try self.method(name, space).suggest(after: history) {
            history.observations.append(Observation(point: point, status: status(resumed.count)))
            resumed.append(point)
        }
        #expect(resumed == whole)
    }

    @Test(arguments: methods, SpaceCase.all)
    func `the same history gives the same suggestion twice`(_ name: String, _ testCase: SpaceCase) throws {
        let space = try testCase.make()
        guard let method = try methodOrRefusal(name, space) else { return }
        let history = SearchHistory(
            observations: method.points(5).map { Observation(point: $0, status: .failed) }, goal: .maximize)
        #expect(method.suggest(after: history) == method.suggest(after: history))
    }

    @Test(arguments: methods)
    func `the order in which trials end changes nothing`(_ name: String) throws {
        let space = try SearchSpace.of(["a": ["min": 1, "max": 40], "b": ["values": ["x", "y", "z"]]])
        func next(_ order: [Int]) throws -> Point? {
            var run = SearchRun(
                problem: SearchProblem(space: space, seed: 1, parallel: 8), method: try method(name, space))
            for _ in 0..<8 { _ = run.ask() }
            for trial in order { try run.tell(trial, trial == 3 ? nil : Double(trial * trial % 7)) }
            return run.ask()?.point
        }
        let point = try #require(try next([1, 2, 3, 4, 5, 6, 7]))
        #expect(try next([7, 3, 5, 1, 2, 6, 4]) == point)
    }

    @Test(arguments: methods)
    func `points that come again, with equal values or others, are taken as they are`(_ name: String) throws {
        let space = try SearchSpace.of(["a": ["min": 0, "max": 30], "b": ["values": ["x", "y"]]])
        let (cube, method) = (SearchCube(space), try method(name, space))
        let point = try #require(method.points(1).first)
        for values in [[1.0, 1, 1, 1, 1, 1], [1, 2, 3, 1e300, -1e300, 1e-300]] {
            var history = SearchHistory(
                observations: values.map { Observation(point: point, status: .completed($0)) })
            for _ in 0..<4 {
                guard case .point(let next, _) = method.suggest(after: history) else {
                    Issue.record("exhausted after \(history.observations.count)")
                    break
                }
                #expect(cube.contains(next))
                history.observations.append(Observation(point: next, status: .completed(1)))
            }
        }
    }

    @Test(arguments: methods)
    func `a finite search ends and an infinite one does not`(_ name: String) throws {
        let space = try SearchSpace.of(["a": ["values": [1, 2, 3]], "b": ["value": 0]])
        let method = try method(name, space)
        let points = method.points(100)
        #expect(points.count == method.size ?? 100)
        if method.size != nil { #expect(Set(points).count == points.count) }
    }

    @Test(arguments: ["random", "sobol"])
    func `draws have the laws' proportions`(_ name: String) throws {
        let space = try SearchSpace.of([
            "a": ["values": ["x", "y"], "probabilities": [0.8, 0.2]], "b": ["min": 1, "max": 4],
        ])
        let points = try method(name, space).points(1000)
        let x = points.count { $0.values[0] == "x" }
        #expect((740...860).contains(x), "\(x)")
        for value in 1...4 {
            let count = points.count { $0.values[1] == .int(value) }
            #expect((190...310).contains(count), "\(value): \(count)")
        }
    }
}
