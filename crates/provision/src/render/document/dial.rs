//! Dial templates and dial rules as files.

use crate::inventory::{DialRule, TemplateRule};
use crate::xml::Writer;

/// When a number is complete.
pub(crate) fn template(rules: &[TemplateRule]) -> String {
    let mut writer = Writer::new("dialTemplate", &[]);
    for rule in rules {
        let (wait, line) = (rule.wait.to_string(), rule.line.map(|line| line.to_string()));
        let mut attributes = vec![("match", rule.pattern.as_str()), ("timeout", wait.as_str())];
        let optional = [
            ("line", &line),
            ("rewrite", &rule.rewrite),
            ("tone", &rule.tone),
            ("user", &rule.user),
            ("route", &rule.route),
        ];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        writer.empty("TEMPLATE", &attributes);
    }
    writer.finish()
}

/// How numbers of call lists are changed. An empty root keeps phones from asking twice.
pub(crate) fn rules(rules: &[DialRule]) -> String {
    let mut writer = Writer::new("DialRules", &[]);
    for rule in rules {
        let attributes = [
            ("BeginsWith", rule.begins_with.as_str()),
            ("NumDigits", &rule.digits.to_string()),
            ("DigitsToRemove", &rule.remove.to_string()),
            ("PrefixWith", &rule.prefix),
        ];
        writer.empty("DialRule", &attributes);
    }
    writer.finish()
}
