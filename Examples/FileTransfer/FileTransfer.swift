import Apus

/// A service that takes files and gives them out, of any length, resumably in both directions:
///
/// ```
/// POST /files/NAME       begins an upload; HEAD, PATCH and DELETE of its Location go on with it
/// PUT /files/NAME        sends a file at once
/// GET /files/NAME        the file, or parts of it (Range, If-Range)
/// GET /files/            what is there
/// ```
///
/// - Parameters:
///   - folder: Where the files lie; it must exist.
///   - port: The port to serve on; 0 for one of the system's choice.
///   - loops: The number of event loops; nil for as many as there are processors.
func fileTransfer(folder: String, port: UInt16, loops: Int? = nil) throws -> Application {
    var configuration = ServerConfiguration(port: port)
    configuration.loops = LoopGroup.Options(loops: loops)
    let app = Application(configuration)
    try app.files("/files/**", from: folder, FileOptions(showsListing: true))
    try app.uploads("/files/**", to: UploadFolder(folder))
    app.get("/") { _ in Response.redirect(to: "/files/") }
    return app
}
