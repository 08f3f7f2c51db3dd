//! What offhook counts, in the form Prometheus reads.

/// All counters of the process.
#[derive(Debug, Default)]
pub struct Metrics {}
