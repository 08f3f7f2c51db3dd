//! What is generated from the table of settings: the file that `offhook init` writes, and `docs/configuration.md`.

use std::fmt::Write;

use super::keys::{Felt, KEYS, Key, SECTIONS, Section};
use super::load::PLACES;
use super::sources::SOURCE_KEYS;

/// A configuration in which every setting stands as a comment with its default.
#[must_use]
pub fn commented_file() -> String {
    let mut text = String::from(
        "# offhook: settings. Each line that begins with `# ` shows a default; take the `# ` away to change it.\n\
         # Each setting can also be given by the environment, which wins: OFFHOOK__SECTION__KEY.\n\
         # `offhook check` tells what is wrong; `kill -HUP` makes a running server read this file again.\n",
    );
    for section in SECTIONS {
        let _ = write!(text, "\n## {}.\n", section.doc);
        if !section.name.is_empty() {
            let _ = writeln!(text, "[{}]", section.name);
        }
        for key in keys_of(section).filter(|key| key.felt != Felt::Later) {
            let (_, name) = key.split();
            let (remark, shown) =
                if key.default.is_empty() { (" For example:", key.example) } else { ("", key.default) };
            let _ = write!(text, "## {}{remark}\n# {name} = {shown}\n", key.doc);
        }
        if section.name == SOURCES_BEHIND {
            text.push_str(SOURCES_IN_FILE);
        }
    }
    text
}

/// The reference page.
#[must_use]
pub fn markdown() -> String {
    let mut text = format!(
        "# Configuration\n\n\
         <!-- Generated from crates/offhook/src/config/keys.rs by `UPDATE=1 cargo test -p offhook --test config`. -->\n\n\
         TOML, in the file named by `--config` (or `OFFHOOK_CONFIG`), else `{}` in the working directory, else `{}`; \
         without any, the defaults hold. Each setting has an environment variable, which wins over the file. Unknown \
         names are refused, with the nearest known one. Relative paths start at the working directory.\n\n\
         \"Felt\" says when a change takes effect: on `SIGHUP` (`systemctl reload offhook`), after a restart, or in a \
         later version (the setting is accepted, and does nothing yet).\n",
        PLACES[0], PLACES[1]
    );
    for section in SECTIONS {
        let title =
            if section.name.is_empty() { "Top level".to_owned() } else { format!("`[{}]`", section.name) };
        let _ = write!(text, "\n## {title}\n\n{}.\n", section.doc);
        for key in keys_of(section) {
            one(&mut text, key);
        }
        if section.name == SOURCES_BEHIND {
            sources(&mut text);
        }
    }
    text
}

/// Sources have names of their own; they stand behind this section.
const SOURCES_BEHIND: &str = "ldap";

/// Nothing of it has a default: all of it is an example.
const SOURCES_IN_FILE: &str = "\n## Other sources of the directory, each in a table of its own: CardDAV, vCards, CSV.\n\
                               ## [directory.sources.sales]\n## kind = \"carddav\"\n\
                               ## url = \"https://dav.example.net/anna/contacts/\"\n## user = \"anna\"\n\
                               ## [directory.sources.suppliers]\n## kind = \"csv\"\n## path = \"/srv/contacts/suppliers.csv\"\n";

fn sources(text: &mut String) {
    text.push_str(
        "\n## `[directory.sources.NAME]`\n\n\
         Other sources of the directory, as many as you like, each in a table of its own. A name is of small letters, digits \
         and `_`. Relative paths start at the working directory. All of it is felt after a restart.\n",
    );
    for key in SOURCE_KEYS {
        let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
        let _ = write!(
            text,
            "\n### `{}`\n\n{}\n\n- Takes {}\n- Default: {default}; for example: `{} = {}`\n",
            key.name,
            key.doc,
            key.kind.allowed(),
            key.name,
            key.example
        );
    }
}

fn one(text: &mut String, key: &Key) {
    let (_, name) = key.split();
    let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
    let felt = match key.felt {
        Felt::OnReload => "on reload",
        Felt::OnRestart => "after a restart",
        Felt::Later => "in a later version",
    };
    let _ = write!(
        text,
        "\n### `{name}`\n\n{}\n\n- Takes {}\n- Default: {default}; for example: `{name} = {}`\n- Environment: `{}`\n- \
         Felt: {felt}\n",
        key.doc,
        key.kind.allowed(),
        key.example,
        key.environment()
    );
}

fn keys_of(section: &Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.split().0 == section.name)
}
