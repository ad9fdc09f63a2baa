/// Content types by file name.
public enum MediaType {
    /// The content type for a name or path, by the letters behind its last dot; text says that it is UTF-8.
    public static func of(_ path: some StringProtocol) -> String {
        guard let dot = path.lastIndex(of: ".") else { return unknown }
        let ending = path[path.index(after: dot)...].lowercased()
        return table[ending] ?? unknown
    }

    /// What is sent as bytes of no known kind.
    public static let unknown = "application/octet-stream"

    // One line a type: the type, then its endings.
    private static let table: [String: String] = {
        var table: [String: String] = [:]
        for line in types.split(separator: "\n") {
            let words = line.split(separator: " ")
            let isText =
                words[0].hasPrefix("text/") || words[0] == "image/svg+xml"
                || ["application/xml", "application/toml", "application/yaml"].contains(words[0])
            let type = isText ? words[0] + "; charset=utf-8" : words[0]
            for ending in words.dropFirst() { table[String(ending)] = String(type) }
        }
        return table
    }()

    private static let types = """
        text/html html htm shtml
        text/css css
        text/javascript js mjs cjs
        text/plain txt text log conf cfg ini list def in
        text/markdown md markdown mkd
        text/csv csv
        text/tab-separated-values tsv
        text/calendar ics ifb
        text/vcard vcf vcard
        text/vtt vtt
        text/x-c c h cc cpp cxx hpp hh
        text/x-swift swift
        text/x-python py
        text/x-rust rs
        text/x-go go
        text/x-java java
        text/x-shellscript sh bash zsh
        text/x-sql sql
        text/x-diff diff patch
        text/x-tex tex ltx
        text/troff man me ms tr roff
        text/richtext rtx
        text/x-component htc
        text/cache-manifest appcache
        application/json json map
        application/ld+json jsonld
        application/geo+json geojson
        application/manifest+json webmanifest
        application/problem+json problem
        application/x-ndjson ndjson jsonl
        application/xml xml xsl xsd
        application/xhtml+xml xhtml xht
        application/rss+xml rss
        application/atom+xml atom
        application/xslt+xml xslt
        application/mathml+xml mathml
        application/yaml yaml yml
        application/toml toml
        application/wasm wasm
        application/pdf pdf
        application/postscript ps eps ai
        application/rtf rtf
        application/sql sqlite3
        application/vnd.sqlite3 sqlite db
        application/gzip gz tgz
        application/zstd zst
        application/x-brotli br
        application/x-bzip2 bz2
        application/x-xz xz
        application/zip zip
        application/x-tar tar
        application/x-7z-compressed 7z
        application/vnd.rar rar
        application/java-archive jar war ear
        application/vnd.debian.binary-package deb
        application/x-rpm rpm
        application/x-apple-diskimage dmg
        application/x-iso9660-image iso
        application/x-sharedlib so
        application/x-executable elf
        application/vnd.android.package-archive apk
        application/epub+zip epub
        application/msword doc dot
        application/vnd.ms-excel xls xlt
        application/vnd.ms-powerpoint ppt pps
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.oasis.opendocument.text odt
        application/vnd.oasis.opendocument.spreadsheet ods
        application/vnd.oasis.opendocument.presentation odp
        application/vnd.oasis.opendocument.graphics odg
        application/vnd.apple.mpegurl m3u8
        application/dash+xml mpd
        application/pkcs8 p8
        application/x-pem-file pem
        application/pkix-cert cer crt
        application/x-pkcs12 p12 pfx
        application/pgp-signature asc sig
        application/x-x509-ca-cert der
        application/protobuf pb
        application/cbor cbor
        application/msgpack msgpack
        application/vnd.apache.parquet parquet
        application/vnd.google-earth.kml+xml kml
        application/vnd.google-earth.kmz kmz
        application/gpx+xml gpx
        application/x-bittorrent torrent
        application/x-shockwave-flash swf
        application/vnd.ms-fontobject eot
        application/x-httpd-php php
        application/x-sh command
        font/woff woff
        font/woff2 woff2
        font/ttf ttf
        font/otf otf
        font/collection ttc
        image/png png
        image/jpeg jpg jpeg jpe jfif
        image/gif gif
        image/webp webp
        image/avif avif
        image/jxl jxl
        image/heic heic
        image/heif heif
        image/svg+xml svg
        image/bmp bmp dib
        image/tiff tif tiff
        image/x-icon ico cur
        image/vnd.adobe.photoshop psd
        image/vnd.djvu djvu djv
        image/x-portable-pixmap ppm
        image/x-portable-graymap pgm
        image/x-portable-bitmap pbm
        image/x-xbitmap xbm
        image/x-tga tga
        audio/mpeg mp3 mpga mp2
        audio/mp4 m4a
        audio/aac aac
        audio/ogg oga ogg spx
        audio/opus opus
        audio/flac flac
        audio/wav wav
        audio/webm weba
        audio/midi mid midi
        audio/aiff aif aiff
        audio/x-matroska mka
        audio/amr amr
        video/mp4 mp4 m4v mp4v
        video/mpeg mpeg mpg mpe
        video/webm webm
        video/ogg ogv
        video/quicktime mov qt
        video/x-matroska mkv
        video/x-msvideo avi
        video/x-ms-wmv wmv
        video/x-flv flv
        video/3gpp 3gp
        video/3gpp2 3g2
        video/mp2t ts m2ts
        model/gltf+json gltf
        model/gltf-binary glb
        model/obj obj
        model/stl stl
        model/vnd.usdz+zip usdz
        """
}
