//! The names that people and other tools give to columns, without what is not a letter or digit.

use super::{Extra, Field};

/// Names of fields of the phone, without what is not a letter or digit.
pub(super) const PHONE: [(&str, Field); 27] = [
    ("mac", Field::Mac),
    ("macaddress", Field::Mac),
    ("device", Field::Mac),
    ("devicename", Field::Mac),
    ("phone", Field::Mac),
    ("sep", Field::Mac),
    ("model", Field::Model),
    ("devicemodel", Field::Model),
    ("devicetype", Field::Model),
    ("phonemodel", Field::Model),
    ("phonetype", Field::Model),
    ("producttype", Field::Model),
    ("type", Field::Model),
    ("description", Field::Description),
    ("devicedescription", Field::Description),
    ("desc", Field::Description),
    ("site", Field::Site),
    ("location", Field::Site),
    ("devicepool", Field::Site),
    ("profile", Field::Profile),
    ("template", Field::Profile),
    ("state", Field::State),
    ("status", Field::State),
    ("notes", Field::Notes),
    ("note", Field::Notes),
    ("comment", Field::Notes),
    ("overrides", Field::Overrides),
];

/// What people call the number of a line, before its place.
pub(super) const LINE: [&str; 11] = [
    "line",
    "number",
    "linenumber",
    "directorynumber",
    "dn",
    "extension",
    "ext",
    "primaryextension",
    "sipuser",
    "user",
    "phonenumber",
];

/// What people call settings of lines and keys. The name that export writes comes first.
pub(super) const OF_LINES: [(&str, &str); 25] = [
    ("label", "label"),
    ("linetextlabel", "label"),
    ("linelabel", "label"),
    ("text", "label"),
    ("display", "display_name"),
    ("linedisplay", "display_name"),
    ("displaycallerid", "display_name"),
    ("callerid", "display_name"),
    ("callername", "display_name"),
    ("password", "auth_password"),
    ("secret", "auth_password"),
    ("linepassword", "auth_password"),
    ("sippassword", "auth_password"),
    ("digestpassword", "auth_password"),
    ("authuser", "auth_name"),
    ("authusername", "auth_name"),
    ("authid", "auth_name"),
    ("username", "auth_name"),
    ("digestuser", "auth_name"),
    ("voicemail", "messages_number"),
    ("voicemailnumber", "messages_number"),
    ("maximumnumberofcalls", "max_calls"),
    ("maxcalls", "max_calls"),
    ("recordingoption", "recording"),
    ("name", "label"),
];

/// What people call what a key needs, beside the keys of the catalogue.
pub(super) const OF_KEYS: [(&str, &str); 6] = [
    ("target", "number"),
    ("value", "number"),
    ("destination", "number"),
    ("url", "service_url"),
    ("pickup", "blf_pickup"),
    ("prefix", "retrieval_prefix"),
];

/// Names of keys that count themselves.
pub(super) const EXTRAS: [(&str, Extra); 10] = [
    ("speeddial", Extra::SpeedDial),
    ("speeddialnumber", Extra::SpeedDial),
    ("sd", Extra::SpeedDial),
    ("blf", Extra::Blf),
    ("blfnumber", Extra::Blf),
    ("busylampfield", Extra::Blf),
    ("busylampfieldnumber", Extra::Blf),
    ("busylampfielddirectorynumber", Extra::Blf),
    ("busylampfielddestination", Extra::Blf),
    ("blfspeeddial", Extra::Blf),
];

/// Settings of a line that a column without a number means for the first line; for all lines they would make no sense.
pub(super) const ONE_LINE: [&str; 6] =
    ["label", "display_name", "auth_name", "auth_password", "messages_number", "line_name"];

/// Elements of keys that a line does not have.
pub(super) const NOT_OF_A_LINE: [&str; 8] = [
    "button",
    "line_index",
    "feature",
    "number",
    "speed_dial_index",
    "service_url",
    "secure_service_url",
    "retrieval_prefix",
];
