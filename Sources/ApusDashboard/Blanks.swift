// What the framework fills in, piece by piece.

extension DashboardSample {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.Member {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.Connections.Group {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.Loop {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.RouteRow {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.PoolRow {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.LimitRow {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardSample.Latency {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension DashboardNews {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension SlowRequest {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension PoolDetail {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension PoolDetail.Summary {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension PoolDetail.Setting {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension PoolDetail.Member {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension PoolLine {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension ConnectionList {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}

extension ConnectionList.Row {
    /// Nothing known yet.
    package static var blank: Self { Self() }
}
