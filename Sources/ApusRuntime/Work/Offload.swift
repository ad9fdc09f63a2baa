/// Runs blocking or long work on a thread of the process-wide pool, and comes back with its result to where it was
/// called: a handler, to its loop.
///
/// ```swift
/// app.get("/hash/:text") { context in
///     let text = try context.parameters.require("text", as: String.self)
///     return try await offload { slowHash(text) }
/// }
/// ```
///
/// - Throws: what `work` throws; `WorkError.busy` when too much waits already (a server answers 503);
///   `CancellationError` when the task was cancelled before the work began.
public func offload<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await WorkStealingPool.shared.run(work)
}
