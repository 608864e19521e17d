/// What was found by measurement (see the target's documentation), and can be tried out otherwise.
package struct BayesSettings: Sendable, Hashable {
    /// Points that fill the space before the model says more.
    package var startCount = 4
    /// Whether the middle of the space is the first point.
    package var beginsInMiddle = true
    /// Parameter vectors drawn beside the most likely one, up to `drawnLimit` observations.
    package var draws = 4
    package var drawnLimit = 60
    /// From this many dimensions on, every second suggestion is looked for near the best point.
    package var localFrom = 8
    /// Expected improvement, in standard deviations of the values, below which every second suggestion doubts the model.
    package var doubtBelow = 0.01

    package init() {}
}
