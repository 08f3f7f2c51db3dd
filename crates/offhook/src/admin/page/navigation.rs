//! Where one can go from every page.

use crate::admin::access::Role;

/// Pages that the navigation leads to, in areas.
pub const NAVIGATION: &[Area] = &[
    Area {
        name: "Phones",
        links: &[
            link("Fleet", "/phones", "fleet", Role::Viewer),
            link("Lines", "/lines", "line", Role::Viewer),
            link("Unknown", "/unknown", "unknown", Role::Viewer),
        ],
    },
    Area {
        name: "What they share",
        links: &[
            link("Profiles", "/profiles", "profile", Role::Viewer),
            link("Sites", "/sites", "site", Role::Viewer),
            link("Soft keys", "/softkeys", "softkeys", Role::Viewer),
            link("Dial plans", "/dial", "dial", Role::Viewer),
            link("Contacts", "/contacts", "contacts", Role::Viewer),
        ],
    },
    Area {
        name: "System",
        links: &[
            link("Trust", "/trust", "trust", Role::Viewer),
            link("Files", "/files", "files", Role::Viewer),
            link("DHCP", "/dhcp", "dhcp", Role::Viewer),
            link("Health", "/health", "health", Role::Operator),
            link("Audit", "/audit", "audit", Role::Viewer),
            link("Users", "/users", "users", Role::Administrator),
        ],
    },
];

/// Pages that belong together.
#[derive(Debug)]
pub struct Area {
    /// Above them.
    pub name: &'static str,
    /// The pages.
    pub links: &'static [Link],
}

/// A way to a page.
#[derive(Debug)]
pub struct Link {
    /// What it is called.
    pub title: &'static str,
    /// Where it is; pages below it belong to it.
    pub address: &'static str,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// Who sees it.
    pub least: Role,
}

const fn link(title: &'static str, address: &'static str, icon: &'static str, least: Role) -> Link {
    Link { title, address, icon, least }
}
