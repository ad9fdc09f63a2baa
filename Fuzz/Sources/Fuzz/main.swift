// `Fuzz TARGET [libFuzzer's options] [CORPUS]`: see Fuzz/run.sh.

import CFuzzer

typealias Target = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

let name = CommandLine.arguments.dropFirst().first ?? ""
let target: Target =
    switch name {
    case "request-head": { unsafe fuzz($0, $1, requestHead) }
    case "chunked-body": { unsafe fuzz($0, $1, chunkedBody) }
    case "uri": { unsafe fuzz($0, $1, uri) }
    case "proxy-header": { unsafe fuzz($0, $1, proxyHeader) }
    case "http2-frames": { unsafe fuzz($0, $1, http2Frames) }
    case "hpack": { unsafe fuzz($0, $1, headerBlocks) }
    case "multipart": { unsafe fuzz($0, $1, multipart) }
    case "json": { unsafe fuzz($0, $1, json) }
    case "response-head": { unsafe fuzz($0, $1, responseHead) }
    case "http2-client": { unsafe fuzz($0, $1, http2Client) }
    case "field-values": { unsafe fuzz($0, $1, fieldValue) }
    case "forms": { unsafe fuzz($0, $1, form) }
    case "forwarding": { unsafe fuzz($0, $1, forwarding) }
    case "coded-content": { unsafe fuzz($0, $1, codedContent) }
    case "log-lines": { unsafe fuzz($0, $1, logLine) }
    case "configuration": { unsafe fuzz($0, $1, configuration) }
    default: fatalError("no target `\(name)`: use the name of a folder in Fuzz/Corpus")
    }

// libFuzzer sees the program's name and what is behind the target's.
unsafe CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv + 1
_ = unsafe LLVMFuzzerRunDriver(&count, &arguments, target)
