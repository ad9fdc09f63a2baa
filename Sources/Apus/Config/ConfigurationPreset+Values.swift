extension Configuration {
    /// Sets what the preset is for.
    mutating func take(_ preset: ConfigurationPreset) {
        self.preset = preset
        switch preset {
        case .development:
            log.level = .debug
            drainTimeout = .seconds(1)
        case .production:
            drainTimeout = .seconds(30)
            compression = CompressionOptions()
        case .testing:
            listeners = [ListenerSettings()]
            listeners[0].port = 0
            loops.loops = 1
            log.level = .error
            drainTimeout = .seconds(1)
            takesOverSockets = false
        }
    }
}
