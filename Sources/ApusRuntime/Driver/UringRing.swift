#if URing && canImport(CURing)
    import CURing

    /// The two queues shared with the kernel, and the buffers lent to it.
    ///
    /// It is made on any thread, and disabled until the thread that will use it calls `enable()`: only that thread
    /// may prepare, submit and wait from then on (`IORING_SETUP_SINGLE_ISSUER`).
    @safe final class UringRing {
        /// Places for operations prepared in a turn; when they are full, what is there is submitted early.
        static let entries: UInt32 = 1024
        /// Places for completions; above that the kernel keeps them in a list, which costs more.
        static let completions: UInt32 = 4096

        let pointer: UnsafeMutablePointer<io_uring>
        @safe @exclusivity(unchecked) var buffers: UringBufferRing

        init() throws(SystemError) {
            let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
            unsafe ring.initialize(to: io_uring())
            let failure = unsafe apus_uring_create_errno(ring, Self.entries, Self.completions)
            guard failure == 0 else {
                unsafe ring.deallocate()
                throw SystemError(code: failure, call: "io_uring_setup")
            }
            do throws(SystemError) {
                buffers = try unsafe UringBufferRing(ring: ring)
            } catch {
                unsafe io_uring_queue_exit(ring)
                unsafe ring.deallocate()
                throw error
            }
            unsafe pointer = ring
        }

        deinit {
            unsafe io_uring_queue_exit(pointer)
            unsafe pointer.deallocate()
        }

        /// Makes the ring the calling thread's.
        func enable() -> CInt { unsafe apus_uring_enable_errno(pointer) }

        /// A place for an operation; nil when the kernel takes nothing more at the moment.
        @inline(__always) func entry() -> UnsafeMutablePointer<io_uring_sqe>? {
            unsafe apus_uring_entry(pointer) ?? submitAndTakeEntry()
        }

        @inline(never) private func submitAndTakeEntry() -> UnsafeMutablePointer<io_uring_sqe>? {
            unsafe io_uring_submit(pointer)
            return unsafe apus_uring_entry(pointer)
        }

        /// Whether every operation prepared so far is the kernel's: what they point to as lists may be reused.
        var isSubmitted: Bool { unsafe apus_uring_unsubmitted(pointer) == 0 }
    }
#endif
