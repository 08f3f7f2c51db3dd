//! `docs/timeline.md`: how events become boots and verdicts, with every rule.
/// The page.
#[must_use]
pub fn page() -> String {
    String::new()
}
