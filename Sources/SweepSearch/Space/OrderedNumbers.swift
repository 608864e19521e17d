import Glibc
import SweepModel

/// Where the numbers of a list lie on a line from 0 to 1.
enum OrderedNumbers {
    /// Ascending, the first at 0 and the last at 1; nil when they are not all finite numbers, or fewer than two.
    ///
    /// By logarithm when the ratios of neighbours are about constant (1e-4, 1e-3, 1e-2), by value when no gap is far
    /// larger than the others, and by rank otherwise.
    static func places(of values: [ParameterValue]) -> [(value: ParameterValue, place: Double)]? {
        var numbers: [(value: ParameterValue, number: Double)] = []
        for value in values {
            guard let number = value.number, number.isFinite else { return nil }
            numbers.append((value, number))
        }
        guard numbers.count > 1 else { return nil }
        numbers.sort { $0.number < $1.number }
        let places = places(ofSorted: numbers.map(\.number))
        return zip(numbers, places).map { ($0.value, $1) }
    }

    private static func places(ofSorted numbers: [Double]) -> [Double] {
        let count = numbers.count
        func spread(_ numbers: [Double]) -> Double {
            let gaps = zip(numbers.dropFirst(), numbers).map { $0 - $1 }.sorted()
            return gaps[gaps.count / 2] > 0 ? (gaps.last ?? 0) / gaps[gaps.count / 2] : .infinity
        }
        func unit(_ numbers: [Double]) -> [Double]? {
            guard let first = numbers.first, let last = numbers.last, (last - first).isFinite, last > first else {
                return nil
            }
            let places = numbers.map { ($0 - first) / (last - first) }
            return zip(places.dropFirst(), places).allSatisfy { $0 > $1 } ? places : nil
        }
        let logarithms = numbers[0] > 0 ? numbers.map { log($0) } : []
        if !logarithms.isEmpty, numbers[count - 1] / numbers[0] > 8, spread(logarithms) < 3,
            let places = unit(logarithms)
        {
            return places
        }
        if spread(numbers) < 10, let places = unit(numbers) { return places }
        return numbers.indices.map { Double($0) / Double(count - 1) }
    }
}
