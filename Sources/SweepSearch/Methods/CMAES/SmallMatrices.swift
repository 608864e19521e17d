/// A symmetric matrix of some ten rows, row by row. In Swift rather than LAPACK: the same bits on every machine.
struct SymmetricMatrix: Sendable {
    let count: Int
    private var elements: [Double]

    init(identity count: Int) {
        self.count = count
        elements = [Double](repeating: 0, count: count * count)
        for index in 0..<count { elements[index * count + index] = 1 }
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * count + column] }
        set {
            elements[row * count + column] = newValue
            elements[column * count + row] = newValue
        }
    }

    mutating func scale(by factor: Double) { for index in elements.indices { elements[index] *= factor } }

    /// Adds `factor` times the outer product of `vector` with itself.
    mutating func add(_ vector: [Double], times factor: Double) {
        for row in 0..<count {
            let scaled = factor * vector[row]
            for column in 0..<count { elements[row * count + column] += scaled * vector[column] }
        }
    }

    /// Scales the dimension `index`: its row and its column.
    mutating func stretch(_ index: Int, by factor: Double) {
        for other in 0..<count {
            elements[index * count + other] *= factor
            elements[other * count + index] *= factor
        }
    }

    /// The lower factor; nil where the matrix is not positive definite, or not finite.
    func cholesky() -> LowerTriangle? {
        var lower = LowerTriangle(identity: count)
        for row in 0..<count {
            for column in 0...row {
                var sum = elements[row * count + column]
                for inner in 0..<column { sum -= lower[row, inner] * lower[column, inner] }
                if row == column {
                    guard sum > 1e-30, sum.isFinite else { return nil }
                    lower[row, row] = sum.squareRoot()
                } else {
                    lower[row, column] = sum / lower[column, column]
                }
            }
        }
        return lower
    }
}

/// A lower triangular matrix.
struct LowerTriangle: Sendable {
    let count: Int
    private var elements: [Double]

    init(identity count: Int) {
        self.count = count
        elements = [Double](repeating: 0, count: count * count)
        for index in 0..<count { elements[index * count + index] = 1 }
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * count + column] }
        set { elements[row * count + column] = newValue }
    }

    func times(_ vector: [Double]) -> [Double] {
        (0..<count).map { row in
            var sum = 0.0
            for column in 0...row { sum += elements[row * count + column] * vector[column] }
            return sum
        }
    }

    /// x with L x = `vector`.
    func solve(_ vector: [Double]) -> [Double] {
        var x = vector
        for row in 0..<count {
            var sum = x[row]
            for column in 0..<row { sum -= elements[row * count + column] * x[column] }
            x[row] = sum / elements[row * count + row]
        }
        return x
    }
}
