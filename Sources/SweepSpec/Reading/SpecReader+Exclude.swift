import SweepModel
import SweepSearch

extension SpecReader {
    /// Draws in which a region must leave something over.
    private static let probes = 2000

    /// `exclude: ["batch = 64 and lr > 0.1"]`: regions in which nothing is proposed.
    mutating func readExclude(_ space: SearchSpace) -> [Region] {
        guard let entry = top["exclude"], !entry.value.isNull else { return [] }
        let nodes = entry.value.elements ?? [entry.value]
        guard nodes.count <= Region.mostRegions else {
            log.error("'exclude' lists more than \(Region.mostRegions) regions", at: entry.value.place)
            return []
        }
        var regions: [Region] = []
        for node in nodes {
            guard let text = node.text else {
                log.error(
                    "a region of 'exclude' is a text, but this is \(node.kind)", at: node.place,
                    mend: "write 'exclude: [\"batch = 64 and lr > 0.1\"]'")
                continue
            }
            do {
                let region = try Region(text, space: space)
                for (parameter, value) in region.namedValues {
                    let law = space.parameters[parameter].distribution
                    guard law.position(of: value) == nil else { continue }
                    log.warning(
                        "'\(space.parameters[parameter].name)' never has the value "
                            + "\(PythonText.repr(value).prefix(60))", at: node.place,
                        mend: "its law: \(law.summary.prefix(80))")
                }
                regions.append(region)
            } catch {
                log.error("'exclude': \(error.message)", at: node.place, mend: error.remedy)
            }
        }
        guard !regions.isEmpty, !log.hasErrors else { return regions }
        let cube = SearchCube(space)
        var random = SeededRandom(seed: 1, index: 0)
        let isLeft = (0..<Self.probes).contains { _ in
            !regions.contain(cube.point(at: (0..<cube.dimensionCount).map { _ in random.nextUnit() }))
        }
        if !isLeft {
            log.error(
                "'exclude' leaves nothing over: \(Self.probes) points, drawn at random, lie in it",
                at: entry.keyPlace, mend: "narrow the parameters instead, or exclude less")
        }
        return regions
    }
}
