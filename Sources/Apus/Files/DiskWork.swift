import ApusHTTP
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where files are written: threads of their own, for a disk may take its time, and work that computes should not wait
/// behind it.
enum DiskWork {
    static let pool: WorkStealingPool = {
        var configuration = WorkStealingPool.Configuration()
        configuration.workers = 4
        configuration.name = "apus-disk"
        return WorkStealingPool(configuration)
    }()

    /// Runs `work` on such a thread, and comes back to the loop.
    ///
    /// - Throws: 507 when the disk is full, or the quota, or a file may not become that long; what `work` throws else.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await pool.run(work)
        } catch let error as SystemError {
            throw httpError(error) ?? error
        }
    }

    /// The same for work that is done even when the task is cancelled: what a client has sent before it left is kept.
    static func finish<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                do throws(WorkError) {
                    try pool.submit { continuation.resume(with: Result(catching: work)) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } catch let error as SystemError {
            throw httpError(error) ?? error
        }
    }

    /// What the client is told of, among what the system says of a write.
    static func httpError(_ error: SystemError) -> (any Error)? {
        switch error.code {
        case ENOSPC, EDQUOT, EFBIG: HTTPError(.insufficientStorage, "there is no room for the content: try later")
        default: nil
        }
    }
}
