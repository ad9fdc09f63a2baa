/// Why loops can't be made.
public enum LoopGroupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Loops are to be pinned to processors that the process may not run on, or that are not there; the text says which, and
    /// which there are.
    case processors(String)
    /// A system call failed.
    case system(SystemError)

    /// What happened, and what to do where something can be done.
    public var description: String {
        switch self {
        case .processors(let obstacle): "loops can't be pinned: \(obstacle)"
        case .system(let error): error.description
        }
    }
}
