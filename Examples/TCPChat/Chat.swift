import ApusNet

/// One member, from the first word to the last: on the loop that accepted the connection.
func chat(_ connection: isolated AsyncConnection, in room: Room) async throws {
    connection.timeout = .seconds(600)
    try await connection.write("your name: ")
    guard let name = try await connection.readLine(limit: 64).map(visible) else { return }
    guard let lines = await room.join(name) else { return try await connection.write("that name is taken\n") }

    // One task writes what the others say while this one reads.
    let writing = Task(executorPreference: connection.loop) {
        for await line in lines { try await connection.write(line + "\n") }
    }
    defer { writing.cancel() }
    do {
        while let line = try await connection.readLine() { await room.say(visible(line), from: name) }
    } catch {
        await room.leave(name)
        throw error
    }
    await room.leave(name)
}

/// The text without control characters, which could do things to the others' terminals.
func visible(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
}
