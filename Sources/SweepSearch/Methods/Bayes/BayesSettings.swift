/// What was found by measurement (see the target's documentation), and can be tried out otherwise.
package struct BayesSettings: Sendable {
    /// Points that fill the space before the model says more.
    package var startCount = 4
    /// Whether the middle of the space is the first point.
    package var beginsInMiddle = true
    /// Parameter vectors drawn beside the most likely one: up to so many observations, and up to more than those.
    package var draws = (few: 4, more: 2)
    package var drawnLimits = (few: 60, more: 120)
    /// From this many dimensions on, every second suggestion is looked for near the best point.
    package var localFrom = 8
    /// Expected improvement, in standard deviations of the values, below which every second suggestion doubts the model.
    package var doubtBelow = 0.01

    package init() {}
}
