import ApusConfiguration
import ApusHTTP

extension FileOptions {
    static let schema = ConfigurationSchema(FileOptions()) {
        $0.value("index", \.index, .text("a file's name"), "The file that stands for its folder")
        $0.value("listing", \.showsListing, .bool, "Whether a folder without an index file shows what is in it")
        $0.value("hidden", \.showsHidden, .bool, "Whether names that begin with a dot are shown")
        $0.value(
            "cacheControl", \.cacheControl, .fieldValue, orNull: "none", "The Cache-Control of the files")
        $0.value(
            "precompressed", \.precompressed, ConfigurationType<ContentCoding>.coding.list(of: "zstd, br and gzip"),
            "The codings in which files may lie beside themselves")
        $0.value(
            "immutableHashedNames", \.immutableHashedNames, .bool,
            "Whether files whose names hold a hash may be kept by clients for a year")
        $0.value(
            "fallback", \.fallback, .text("a file's name"), orNull: "none",
            "The page of a single-page application, for pages that are no files")
        $0.value(
            "largestCached", \.largestCached, .size(0...(1 << 30)), "The largest file whose content is kept in memory")
        $0.value("cacheRoom", \.cacheRoom, .size(0...(1 << 40)), "What each loop keeps of files in memory")
    }
}

extension CompressionOptions {
    static let schema = ConfigurationSchema(CompressionOptions()) {
        let types = ConfigurationType<String>.text("a media type such as text/*").list(of: "media types")
        $0.value(
            "codings", \.codings, ConfigurationType<ContentCoding>.coding.list(of: "codings"),
            "The codings that are offered, the favourite first")
        $0.section("levels", \.levels, .levels)
        $0.value("leastBytes", \.leastBytes, .size(0...(1 << 30)), "The shortest content that is worth it")
        $0.value("types", \.types, types, "The types that gain")
        $0.value("excludedTypes", \.excludedTypes, types, "Types that are left alone although types has them")
        $0.value(
            "mostInline", \.mostInline, .size(0...(1 << 30)), "The longest content that is coded on the loop at once")
        $0.value("mostFile", \.mostFile, .size(0...(1 << 40)), "The longest file that is coded as it is sent")
        $0.value(
            "mostStreams", \.mostStreams, .integer(0...1_000_000), "The most streams that each loop codes at a time")
        $0.value(
            "sparesOtherSites", \.sparesOtherSites, .bool,
            "Whether content that another site's page asks for in its user's name stays as it is (BREACH)")
        $0.check { options, report in
            if options.codings.isEmpty {
                report.reject("codings", .list([]), "there is none: name some, or turn compression off")
            }
            #if !Compression
                report.reject(
                    "", .bool(true),
                    "this build has no codings: build it with the trait Compression, which is on by default")
            #endif
        }
    }
}

extension ConfigurationSchema<[ContentCoding: Int]> {
    /// A level for each coding.
    fileprivate static var levels: ConfigurationSchema {
        ConfigurationSchema([:]) {
            for coding in ContentCoding.preferred {
                let usual = coding.usualLevel
                $0.value(
                    coding.name, \.[coding], .integer(coding.levels), orNull: "usual",
                    "How hard \(coding.name) tries; null is \(usual)")
            }
        }
    }
}

extension ConfigurationType<ContentCoding> {
    static var coding: ConfigurationType { oneOf(ContentCoding.preferred.map { ($0.name, $0) }) }
}

extension ConfigurationType<String> {
    /// A field value that can be sent as it is (RFC 9110, 5.5).
    static var fieldValue: ConfigurationType {
        ConfigurationType(
            "text without line ends and other control characters",
            read: { content in
                guard case .string(let text) = content.asString, !text.isEmpty,
                    text.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 9 })
                else { return nil }
                return text
            }, show: { .text($0) })
    }
}

extension DecompressionOptions {
    static let schema = ConfigurationSchema(DecompressionOptions()) {
        $0.value(
            "codings", \.codings, ConfigurationType<ContentCoding>.coding.list(of: "codings"),
            "The codings that are undone")
        $0.value("mostCodings", \.mostCodings, .integer(1...10), "The most codings, one on the other (415)")
        $0.value(
            "mostBytes", \.mostBytes, .size(1...(1 << 40)), orNull: "route",
            "The longest content when it is decoded (413); route is the route's limit")
        $0.value(
            "mostRatio", \.mostRatio, .integer(1...100_000),
            "How many times as long as what was sent content may be, beyond unboundedBytes (413)")
        $0.value(
            "unboundedBytes", \.unboundedBytes, .size(0...(1 << 30)), "Up to how many bytes mostRatio is not looked at")
        $0.check { options, report in
            if options.codings.isEmpty {
                report.reject("codings", .list([]), "there is none: name some, or turn decompression off")
            }
            #if !Compression
                report.reject(
                    "", .bool(true),
                    "this build has no codings: build it with the trait Compression, which is on by default")
            #endif
        }
    }
}
