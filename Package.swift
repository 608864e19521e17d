// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built under the same rules; a warning is an error.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let certificates = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources,
        swiftSettings: settings)
}

let package = Package(
    name: "sweep",
    products: [
        .executable(name: "sweep", targets: ["sweep"]),
        .executable(name: "agent", targets: ["agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(
            url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // L0: no dependency at all.
        library("SweepModel"),
        // The Gaussian process loads OpenBLAS by hand when it is first needed: see OpenBLAS.swift.
        library("SweepSearch", ["SweepModel"]),
        .target(name: "TrialShim"),

        // L1: one outside library each, at most.
        library("SweepSpec", ["SweepModel", "SweepSearch", yams]),
        library("SweepEngine", ["SweepModel", "SweepSearch", deque, orderedCollections]),
        library("SweepStore", ["SweepModel", grdb, sqlite]),
        library("SweepWire", ["SweepModel", nioCore]),
        library("SweepRecord", ["SweepModel", crypto]),
        library("SweepTrust", ["SweepModel", "SweepWire", nioCore, nioSSL, crypto]),

        // L2: daemons around the pure parts.
        library(
            "SweepController",
            [
                "SweepModel", "SweepSearch", "SweepSpec", "SweepEngine", "SweepStore", "SweepWire", "SweepTrust",
                "SweepRecord", "SweepDashboard", nioCore, nioPosix, nioHTTP1, serviceLifecycle, unixSignals, logging,
                deque, nioSSL,
                certificates, asn1, crypto, subprocess,
            ]),
        .target(
            name: "SweepDashboard",
            dependencies: [
                "SweepModel", "SweepStore", "SweepWire", hummingbird, hummingbirdCore, hummingbirdTLS, nioCore,
                nioPosix, nioSSL,
                serviceLifecycle, logging, crypto,
            ],
            resources: [.embedInCode("Pages"), .embedInCode("Description")], swiftSettings: settings),
        library(
            "SweepAgent",
            [
                "SweepModel", "SweepWire", "SweepTrust", "SweepRecord", "TrialShim", nioCore, nioPosix,
                serviceLifecycle,
                unixSignals, logging, subprocess, deque, nioSSL, nioHTTP1, crypto,
            ]),

        // L3 and L4: what people type.
        library(
            "SweepCommands",
            [
                "SweepModel", "SweepSearch", "SweepSpec", "SweepWire", "SweepTrust", "SweepController", "SweepRecord",
                "SweepStore", argumentParser,
                nioCore, nioPosix, logging, serviceLifecycle, unixSignals,
            ]),
        .executableTarget(name: "sweep", dependencies: ["SweepCommands"], swiftSettings: settings),
        .executableTarget(
            name: "agent", dependencies: ["SweepModel", "SweepTrust", "SweepAgent", "TrialShim", argumentParser],
            swiftSettings: settings),
        // What Scripts/bench measures with.
        .executableTarget(
            name: "SweepBench",
            dependencies: [
                "SweepModel", "SweepSearch", "SweepSpec", "SweepEngine", "SweepStore", "SweepRecord", "SweepWire",
                argumentParser, nioCore, nioPosix,
            ],
            swiftSettings: settings),
        // What Scripts/faults breaks things with; the trainer is in C, so that a thousand of them cost little.
        .executableTarget(name: "FaultTrainer"),
        .executableTarget(
            name: "SweepFaults",
            dependencies: [
                "SweepModel", "SweepStore", "SweepWire", "SweepTrust", "SweepAgent", argumentParser, grdb, nioCore,
                nioPosix, serviceLifecycle,
            ],
            swiftSettings: settings),

        tests("SweepModelTests", ["SweepModel"]),
        tests("SweepSearchTests", ["SweepSearch", "SweepModel"]),
        tests("SweepSpecTests", ["SweepSpec", "SweepSearch", "SweepModel"]),
        tests("SweepEngineTests", ["SweepEngine", "SweepSearch", "SweepModel"]),
        tests(
            "SweepStoreTests", ["SweepStore", "SweepModel", grdb],
            resources: [.copy("Fixtures/v1.sql"), .copy("Fixtures/v2.sql")]),
        tests("SweepWireTests", ["SweepWire", "SweepModel", nioCore]),
        tests("SweepRecordTests", ["SweepRecord", "SweepModel", crypto], resources: [.copy("Fixtures")]),
        tests("SweepTrustTests", ["SweepTrust", "SweepWire", "SweepModel"]),
        tests(
            "SweepDashboardTests",
            [
                "SweepDashboard", "SweepStore", "SweepWire", "SweepModel", hummingbird, hummingbirdCore, logging,
                nioCore, nioPosix,
            ]),
        tests(
            "SweepControllerTests",
            [
                "SweepController", "SweepEngine", "SweepSearch", "SweepStore", "SweepWire", "SweepTrust", "SweepSpec",
                "SweepRecord", "SweepModel", nioCore, nioPosix, nioHTTP1, nioSSL, logging,
            ]),
        tests(
            "SweepAgentTests",
            [
                "SweepAgent", "SweepWire", "SweepTrust", "SweepRecord", "SweepModel", "TrialShim", nioCore, nioPosix,
                serviceLifecycle, crypto,
            ]),
        tests(
            "SweepCommandsTests",
            [
                "SweepCommands", "SweepSearch", "SweepSpec", "SweepStore", "SweepWire", "SweepTrust", "SweepModel",
                nioCore,
                nioPosix,
            ]),
        // The built programs, driven from outside.
        tests("EndToEndTests", ["SweepModel", "SweepWire"]),
    ]
)
