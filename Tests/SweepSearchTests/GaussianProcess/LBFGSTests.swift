import Testing

@testable import SweepSearch

@Suite struct LBFGSTests {
    let search = LBFGS(iterations: 200, evaluations: 400, tolerance: 1e-8, improvement: 0)

    @Test func `Rosenbrock's valley is followed to its end`() {
        let found = search.minimize(from: [-1.2, 1], lower: [-5, -5], upper: [5, 5]) { x, gradient in
            let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
            gradient = [-2 * a - 400 * x[0] * b, 200 * b]
            return a * a + 100 * b * b
        }
        #expect(abs(found.point[0] - 1) < 1e-5 && abs(found.point[1] - 1) < 1e-5)
        #expect(found.evaluations < 120)
    }

    @Test func `a minimum outside of the box is met at its wall`() {
        let found = search.minimize(from: [0.2, 0.2], lower: [0, 0], upper: [1, 1]) { x, gradient in
            gradient = [2 * (x[0] - 3), 2 * (x[1] - 0.5)]
            return (x[0] - 3) * (x[0] - 3) + (x[1] - 0.5) * (x[1] - 0.5)
        }
        #expect(found.point[0] == 1 && abs(found.point[1] - 0.5) < 1e-6)
    }

    @Test func `where there is no value, the step is shortened`() {
        let found = search.minimize(from: [2], lower: [-10], upper: [10]) { x, gradient in
            gradient = [2 * x[0]]
            return x[0] < -0.5 ? .nan : x[0] * x[0]
        }
        #expect(abs(found.point[0]) < 1e-4)
    }

    @Test func `no dimensions and a start without a value are answered`() {
        #expect(search.minimize(from: [], lower: [], upper: []) { _, _ in 4 }.value == 4)
        let found = search.minimize(from: [1], lower: [0], upper: [2]) { _, _ in .nan }
        #expect(found.point == [1] && found.value.isNaN)
    }
}
