#if canImport(Glibc)
    import Glibc
#endif

/// Whether io_uring can be used here, and if not, why and what an operator can do about it.
enum UringSupport {
    /// What stands in the way; nil when nothing does.
    static func obstacle() -> String? {
        #if URing && canImport(CURing)
            // Everything that a loop's driver needs is made once and thrown away: what can fail, fails here.
            do throws(SystemError) {
                _ = try UringRing()
                return nil
            } catch {
                return explanation(of: error)
            }
        #elseif os(Linux)
            return "this build has no liburing: build with the trait URing"
        #else
            return "it is Linux's"
        #endif
    }

    #if os(Linux)
        /// The reason for a failure to set io_uring up, with what to do.
        static func explanation(of error: SystemError) -> String {
            switch error.code {
            case ENOSYS:
                "the kernel was built without io_uring, or the container's seccomp profile hides it"
            case EINVAL, EOPNOTSUPP:
                "the kernel is too old: it takes Linux 6.0 or later"
            case EPERM, EACCES:
                "the system forbids io_uring: set the sysctl kernel.io_uring_disabled to 0, or let the container's "
                    + "seccomp profile allow it"
            case ENOMEM:
                "not enough memory may be locked: raise the limit (ulimit -l)"
            case EMFILE, ENFILE:
                "no descriptor is left: raise the limit of open files (ulimit -n)"
            default:
                "\(error)"
            }
        }
    #endif
}
