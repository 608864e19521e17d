import SweepModel
import SweepSearch
import Testing

@Suite struct ChangedSearchTests {
    private static func list(_ values: ParameterValue...) -> any Distribution {
        BuiltIns.distribution(named: nil, fields: DistributionFields(["values": .list(values)])).distribution!
    }

    private static func range(_ low: Double, _ high: Double) -> any Distribution {
        BuiltIns.distribution(
            named: nil, fields: DistributionFields(["min": .double(low), "max": .double(high)])
        ).distribution!
    }

    private static let space = SearchSpace(parameters: [
        Parameter(path: ["batch"], distribution: list(16, 32, 64)),
        Parameter(path: ["lr"], distribution: range(0.001, 1)),
        Parameter(path: ["opt"], distribution: list("sgd", "adam")),
    ])

    @Test(arguments: [
        ("batch = 64", true), ("batch != 64", false), ("batch >= 64 and lr > 0.4", true),
        ("lr < 0.4 or opt = sgd", false),
        ("opt in (adam, sgd)", true), ("opt not in ('sgd')", true), ("lr between 0.4 and 0.6", true),
        ("not (batch = 64)", false), ("batch = 64 and not opt = 'adam'", false), ("opt is null", false),
        ("lr > 5e-1 or batch = 16", false), ("batch == 64.0", true),
    ]) func `a region holds what SQL would say`(text: String, holds: Bool) throws {
        let region = try Region(text, space: Self.space)
        #expect(region.contains(Point(values: [64, 0.5, "adam"])) == holds)
    }

    @Test(arguments: [
        ("", "empty"), ("bach = 64", "no parameter 'bach'"), ("batch", "not compared"), ("batch = ", "value is wanted"),
        ("(batch = 64", "')' is missing"), ("batch = 64 lr = 1", "not understood"), ("batch = 'x", "quote"),
        (String(repeating: "(", count: 100) + "batch = 1", "nested too deeply"), ("batch ; 1", "character ';'"),
    ]) func `a region that is wrong says where`(text: String, part: String) {
        let error = #expect(throws: SweepError.self) { _ = try Region(text, space: Self.space) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func `what a point does not have excludes nothing`() throws {
        let point = Point(values: [64, nil, "sgd"])
        #expect(try !Region("lr > 0.1", space: Self.space).contains(point))
        #expect(try !Region("not lr > 0.1", space: Self.space).contains(point))
        #expect(try Region("lr is null and batch = 64", space: Self.space).contains(point))
    }

    @Test func `a grid goes on with what is left, each point once`() throws {
        let space = SearchSpace(parameters: [
            Parameter(path: ["batch"], distribution: Self.list(16, 32, 64)),
            Parameter(path: ["opt"], distribution: Self.list("sgd", "adam", "lion")),
        ])
        var problem = SearchProblem(space: space, seed: 1)
        problem.isChanged = true
        problem.excluded = [try Region("batch = 64 and opt = adam", space: space)]
        let method = ChangedSearch(try Grid(problem: problem), problem: problem)
        var history = SearchHistory()
        // Tried before the edit: two of the points, and one with a value that is gone.
        for values: [ParameterValue?] in [[16, "sgd"], [32, "adam"], [128, "sgd"]] {
            history.observations.append(Observation(point: Point(values: values), status: .completed(1)))
        }
        var found: [Point] = []
        while case .point(let point, _) = method.suggest(after: history), found.count < 20 {
            found.append(point)
            history.observations.append(Observation(point: point, status: .pending))
        }
        #expect(Set(found).count == 6)
        #expect(found.count == 6)
        #expect(!found.contains(Point(values: [64, "adam"])))
        // From the beginning of the same history it says the same again.
        history.observations.removeLast(6)
        #expect(method.suggest(after: history) == .point(found[0]))
    }

    @Test(arguments: ["random", "sobol", "tpe", "cmaes", "bayes", "auto"])
    func `no method proposes an excluded point, and each goes on from what lies outside`(name: String) throws {
        var problem = SearchProblem(space: Self.space, seed: 3)
        problem.isChanged = true
        problem.excluded = [try Region("lr > 0.25 or batch = 32", space: Self.space)]
        let type = try #require(BuiltIns.searchMethod(named: name))
        let method = ChangedSearch(try type.init(problem: problem), problem: problem)
        var history = SearchHistory()
        for index in 0..<12 {
            let point = Point(values: [128, .double(Double(index) / 2), index.isMultiple(of: 2) ? "sgd" : "lion"])
            history.observations.append(Observation(point: point, status: .completed(Double(index))))
        }
        var seen: Set<Point> = []
        for _ in 0..<12 {
            guard case .point(let point, _) = method.suggest(after: history) else {
                Issue.record("\(name) has nothing left")
                return
            }
            #expect(!problem.isExcluded(point), "\(name): \(point)")
            #expect(SearchCube(Self.space).contains(point), "\(name): \(point)")
            #expect(seen.insert(point).inserted, "\(name): \(point) twice")
            history.observations.append(Observation(point: point, status: .completed(1)))
        }
    }

    @Test func `a finite space is exhausted when all that is allowed was tried`() throws {
        let space = SearchSpace(parameters: [Parameter(path: ["batch"], distribution: Self.list(16, 32, 64))])
        var problem = SearchProblem(space: space, seed: 3)
        problem.isChanged = true
        problem.excluded = [try Region("batch = 32", space: space)]
        let method = ChangedSearch(try TPE(problem: problem), problem: problem)
        var history = SearchHistory(observations: [
            Observation(point: Point(values: [8]), status: .completed(1)),
            Observation(point: Point(values: [4]), status: .completed(2)),
        ])
        for _ in 0..<2 {
            guard case .point(let point, _) = method.suggest(after: history) else {
                Issue.record("exhausted too early")
                return
            }
            history.observations.append(Observation(point: point, status: .completed(1)))
        }
        #expect(method.suggest(after: history) == .exhausted)
    }
}
