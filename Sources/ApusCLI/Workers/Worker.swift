import Apus
import ApusRuntime
import ApusWorkers

/// The place of one worker, and the processes that are in it: one that serves as a rule, one that is to replace it now and
/// then, and those that drain. Used by the master's thread.
struct WorkerPlace {
    /// From 1.
    let number: Int
    /// The process that serves, and since when.
    var serving: (process: ChildProcess, since: ContinuousClock.Instant)?
    /// The process that was started, and does not serve yet.
    var starting: ChildProcess?
    /// Processes that were told to end.
    var ending: [ChildProcess] = []
    /// When to start the next one, after a death.
    var restart: ContinuousClock.Instant?
    var delay = RestartDelay()
    /// The ways to the processes that serve, or are to.
    var ports: [Int32: WorkerPort] = [:]

    init(number: Int) { self.number = number }

    /// All processes that there are.
    var processes: [ChildProcess] { [serving?.process, starting].compactMap { $0 } + ending }
}
