package import ApusConfiguration

/// What a master and its workers say to one another of the configuration, by a pair of sockets of their own:
///
///     worker 1    request →                                              (answers its client)
///     master                prepare → all           commit → all     done →
///     each                           ← prepared              ← committed
///
/// A change is looked at by every worker, and taken over by all of them or by none: one that refuses, or does not answer,
/// has it abandoned. What a worker that is started later must know comes as `state` before it accepts anything.
package struct WorkerMessage: Codable, Equatable, Sendable {
    /// What a message is about.
    package enum Kind: String, Codable, Sendable {
        /// To a worker: the ``WorkerMessage/changes`` since the configuration was read, and what is in force.
        case state
        /// To the master: a client's ``WorkerMessage/wish``, by the worker's own number for it.
        case request
        /// To all workers: would you, in the round of that number?
        case prepare
        /// To the master: yes, of that round.
        case prepared
        /// To the master: no, with the ``WorkerMessage/problems``; without any, for there is nothing to return to.
        case refused
        /// To all workers: do, and what is in force is ``WorkerMessage/revision``.
        case commit
        /// To the master: done.
        case committed
        /// To all workers: don't.
        case abandon
        /// To a worker: what came of its request; with problems, nothing did.
        case done
        /// To a worker: read the configuration again, which forgets all changes.
        case reload
    }

    package var kind: Kind
    /// The number of a round; of `request` the worker's own.
    package var id = 0
    /// Of `done`: the number that the request had.
    package var request = 0
    package var revision = ""
    package var workers = 0
    package var changes: [ConfigurationPatch] = []
    package var wish: WorkerWish?
    package var problems: [WorkerProblem] = []

    package init(_ kind: Kind) { self.kind = kind }

    /// The longest that is read; whoever sends more is no Apus.
    package static let longest = 32 << 20
}

/// What a worker's client wants.
package struct WorkerWish: Codable, Equatable, Sendable {
    /// Keys to set; nil takes the last change back.
    package var patch: ConfigurationPatch?
    /// The revisions of which one must be in force; nil is any.
    package var expected: [String]?
    /// Whether to say only what would come of it.
    package var isPreview: Bool

    package init(patch: ConfigurationPatch?, expected: [String]? = nil, isPreview: Bool = false) {
        self.patch = patch
        self.expected = expected
        self.isPreview = isPreview
    }
}

/// A mistake on its way between processes.
package struct WorkerProblem: Codable, Equatable, Sendable {
    package var isStale = false
    package var isUnknownKey = false
    package var path: String
    package var value: String?
    package var reason: String
    package var suggestion: String?
    package var origin: String

    package init(path: String = "", reason: String, origin: String) {
        self.path = path
        self.reason = reason
        self.origin = origin
    }

    package init(_ problem: ConfigurationProblem) {
        self.init(path: problem.path, reason: problem.reason, origin: problem.origin.description)
        isStale = problem.kind == .stale
        isUnknownKey = problem.kind == .unknownKey
        value = problem.value
        suggestion = problem.suggestion
    }

    package var problem: ConfigurationProblem {
        ConfigurationProblem(
            isStale ? .stale : isUnknownKey ? .unknownKey : .value, path: path, value: value, reason: reason,
            suggestion: suggestion, origin: .flag(origin))
    }
}
