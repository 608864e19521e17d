/// Doubles in column-major order, of fixed capacity. A class, so that the hot loops work on its memory in place; one
/// never leaves the thread that made it.
package final class Matrix {
    package let rows: Int
    package let columns: Int
    let memory: UnsafeMutablePointer<Double>

    /// All zero.
    package init(rows: Int, columns: Int) {
        self.rows = max(rows, 0)
        self.columns = max(columns, 0)
        let capacity = max(self.rows * self.columns, 1)
        memory = .allocate(capacity: capacity)
        memory.initialize(repeating: 0, count: capacity)
    }

    deinit { memory.deallocate() }

    package subscript(row: Int, column: Int) -> Double {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            return memory[column * rows + row]
        }
        set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            memory[column * rows + row] = newValue
        }
    }

    func column(_ index: Int) -> UnsafeMutablePointer<Double> {
        precondition(index >= 0 && index < max(columns, 1))
        return memory + index * rows
    }
}
