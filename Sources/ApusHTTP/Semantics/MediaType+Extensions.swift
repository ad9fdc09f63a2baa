extension MediaType {
    /// The Content-Type of a file by what stands behind the last dot of its name, whatever the case; types of text
    /// come with `; charset=utf-8`. `application/octet-stream` when there is no dot, or nobody knows what follows it.
    ///
    /// ```swift
    /// assert(MediaType.contentType(ofFile: "styles/Main.CSS") == "text/css; charset=utf-8")
    /// ```
    public static func contentType(ofFile path: some StringProtocol) -> String {
        guard let cut = path.lastIndex(where: { $0 == "." || $0 == "/" }), path[cut] == "." else { return octetStream }
        return contentType(ofExtension: String(path[path.index(after: cut)...]))
    }

    /// The Content-Type of files whose names end in `.` and `fileExtension`; as ``contentType(ofFile:)``.
    public static func contentType(ofExtension fileExtension: String) -> String {
        byExtension[fileExtension] ?? byExtension[fileExtension.lowercased()] ?? octetStream
    }

    /// What is said of content of which nothing is known.
    public static let octetStream = "application/octet-stream"

    /// By extension in lower case.
    static let byExtension: [String: String] = {
        var types: [String: String] = [:]
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            let type = String(words[0])
            for word in words.dropFirst() { types[String(word)] = isText(type) ? type + "; charset=utf-8" : type }
        }
        return types
    }()

    /// Whether a type means characters, whose encoding has to be told. JSON and its kin are UTF-8 by definition.
    private static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || type == "image/svg+xml" || type == "application/xml"
            || type.hasSuffix("+xml") && !type.hasPrefix("application/vnd")
    }

    /// A type, and the extensions that mean it; of several in use the one that the IANA registry prefers.
    private static let table = """
        text/html html htm shtml
        text/css css
        text/javascript js mjs cjs
        text/plain txt text log conf ini cfg def list in diff patch lock
        text/markdown md markdown
        text/csv csv
        text/tab-separated-values tsv
        text/calendar ics ifb
        text/vcard vcf vcard
        text/vtt vtt
        text/rtf rtx
        text/troff t tr roff man me ms
        text/x-c c cc cxx cpp h hh hpp dic
        text/x-swift swift
        text/x-python py
        text/x-rust rs
        text/x-go go
        text/x-java-source java
        text/x-kotlin kt kts
        text/x-ruby rb
        text/x-perl pl pm
        text/x-lua lua
        text/x-shellscript sh bash
        text/x-typescript tsx jsx
        text/x-asm s asm
        text/x-component htc
        text/x-scss scss sass
        text/x-less less
        text/x-opml opml
        text/x-sql sql
        text/x-tex tex latex
        text/x-toml toml
        text/yaml yaml yml
        text/mathml mml
        text/vnd.graphviz gv
        text/vnd.sun.j2me.app-descriptor jad
        text/vnd.wap.wml wml
        text/cache-manifest appcache
        text/turtle ttl
        text/n3 n3
        text/xsl xsl
        application/json json map
        application/ld+json jsonld
        application/geo+json geojson
        application/manifest+json webmanifest
        application/schema+json jschema
        application/jsonl jsonl ndjson
        application/json5 json5
        application/xml xml xsd rng
        application/xhtml+xml xhtml xht
        application/atom+xml atom
        application/rss+xml rss
        application/rdf+xml rdf
        application/xslt+xml xslt
        application/xspf+xml xspf
        application/dash+xml mpd
        application/gpx+xml gpx
        application/vnd.google-earth.kml+xml kml
        application/vnd.google-earth.kmz kmz
        application/wasm wasm
        application/pdf pdf
        application/postscript ps eps ai
        application/rtf rtf
        application/epub+zip epub
        application/zip zip
        application/gzip gz tgz
        application/zstd zst
        application/x-bzip2 bz2
        application/x-xz xz
        application/x-brotli br
        application/x-lz4 lz4
        application/x-tar tar
        application/x-7z-compressed 7z
        application/vnd.rar rar
        application/x-cpio cpio
        application/x-iso9660-image iso
        application/x-apple-diskimage dmg
        application/vnd.debian.binary-package deb
        application/x-rpm rpm
        application/vnd.android.package-archive apk
        application/x-xpinstall xpi
        application/java-archive jar war ear
        application/java-vm class
        application/x-java-jnlp-file jnlp
        application/x-sh csh
        application/x-httpd-php php
        application/x-sqlite3 sqlite sqlite3 db
        application/x-bittorrent torrent
        application/x-redhat-package-manager drpm
        application/x-shockwave-flash swf
        application/x-x509-ca-cert crt der pem cer
        application/pkcs8 p8
        application/pkcs10 p10
        application/pkcs7-mime p7m p7c
        application/pkcs7-signature p7s
        application/x-pkcs12 p12 pfx
        application/pgp-encrypted pgp gpg
        application/pgp-signature sig asc
        application/mbox mbox
        application/msword doc dot
        application/vnd.ms-excel xls
        application/vnd.ms-powerpoint ppt
        application/vnd.ms-fontobject eot
        application/vnd.ms-cab-compressed cab
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.oasis.opendocument.text odt
        application/vnd.oasis.opendocument.spreadsheet ods
        application/vnd.oasis.opendocument.presentation odp
        application/vnd.oasis.opendocument.graphics odg
        application/vnd.apple.mpegurl m3u8
        application/vnd.apple.pkpass pkpass
        application/vnd.apple.installer+xml mpkg
        application/vnd.apache.parquet parquet
        application/vnd.visio vsd
        application/x-font-type1 pfa pfb
        application/protobuf pb
        application/cbor cbor
        application/vnd.msgpack msgpack
        application/octet-stream bin exe dll so dylib img msi msp msm
        font/woff woff
        font/woff2 woff2
        font/ttf ttf
        font/otf otf
        font/collection ttc
        image/png png
        image/apng apng
        image/jpeg jpg jpeg jpe jfif
        image/gif gif
        image/webp webp
        image/avif avif
        image/jxl jxl
        image/svg+xml svg
        image/bmp bmp
        image/tiff tif tiff
        image/vnd.microsoft.icon ico cur
        image/heic heic
        image/heif heif
        image/jp2 jp2 jpg2
        image/ktx ktx
        image/ktx2 ktx2
        image/vnd.adobe.photoshop psd
        image/vnd.djvu djvu djv
        image/vnd.wap.wbmp wbmp
        image/x-portable-bitmap pbm
        image/x-portable-graymap pgm
        image/x-portable-pixmap ppm
        image/x-xbitmap xbm
        image/x-xpixmap xpm
        audio/mpeg mp3 mpga mp2
        audio/mp4 m4a mp4a
        audio/aac aac adts
        audio/ogg oga ogg spx
        audio/opus opus
        audio/flac flac
        audio/wav wav
        audio/webm weba
        audio/midi mid midi kar rmi
        audio/aiff aif aiff aifc
        audio/mpegurl m3u
        audio/x-matroska mka
        audio/x-ms-wma wma
        audio/x-realaudio ra
        audio/basic au snd
        audio/3gpp 3ga
        video/mp4 mp4 m4v mp4v
        video/mpeg mpeg mpg mpe
        video/mp2t ts m2ts mts
        video/iso.segment m4s
        video/ogg ogv
        video/webm webm
        video/quicktime mov qt
        video/x-matroska mkv
        video/x-flv flv
        video/x-msvideo avi
        video/x-ms-wmv wmv
        video/x-ms-asf asf asx
        video/3gpp 3gp
        video/3gpp2 3g2
        model/gltf+json gltf
        model/gltf-binary glb
        model/obj obj
        model/stl stl
        model/mtl mtl
        model/3mf 3mf
        model/vnd.usdz+zip usdz
        chemical/x-pdb pdb
        """
}
