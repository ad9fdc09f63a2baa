import ApusRuntime
import CSystem

/// A file that is written. Any thread; each call blocks for as long as the disk takes.
///
/// The descriptor is closed on a thread of ``DiskWork``: closing a long file that has no name frees its blocks, which
/// takes a while.
final class DiskFile: Sendable {
    let descriptor: CInt

    init(owning descriptor: CInt) { self.descriptor = descriptor }

    deinit {
        let descriptor = descriptor
        do throws(WorkError) {
            try DiskWork.pool.submit { closeDescriptor(descriptor) }
        } catch {
            closeDescriptor(descriptor)
        }
    }

    /// A file without a name in a folder, which goes with this object.
    static func unnamed(in folder: String) throws(SystemError) -> DiskFile {
        let opened = unsafe apus_open_folder_errno(folder)
        guard opened >= 0 else { throw SystemError(code: opened, call: "open \(folder)") }
        defer { closeDescriptor(opened) }
        let made = apus_create_unnamed_errno(opened, false)
        guard made >= 0 else { throw SystemError(code: made, call: "create a file in \(folder)") }
        return DiskFile(owning: made)
    }

    /// Writes chunks one behind the other from a place on; the place behind them.
    func write(_ chunks: [[UInt8]], at offset: Int64) throws(SystemError) -> Int64 {
        var offset = offset
        for chunk in chunks where !chunk.isEmpty {
            let failure = unsafe chunk.withUnsafeBytes { bytes in
                unsafe apus_write_at_errno(descriptor, bytes.baseAddress!, bytes.count, offset)
            }
            guard failure == 0 else { throw SystemError(code: failure, call: "write") }
            offset += Int64(chunk.count)
        }
        return offset
    }

    /// Bytes from a place on, fewer than `count` only at the end.
    func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        guard count > 0 else { return [] }
        var failure: CInt = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            let got = unsafe apus_read_at_errno(descriptor, room.baseAddress!, count, offset)
            if got < 0 { failure = CInt(got) } else { filled = got }
        }
        guard failure == 0 else { throw SystemError(code: failure, call: "read") }
        return bytes
    }

    /// Returns when all that was written is on the disk.
    func sync() throws(SystemError) {
        let failure = apus_sync_errno(descriptor)
        guard failure == 0 else { throw SystemError(code: failure, call: "fsync") }
    }
}
