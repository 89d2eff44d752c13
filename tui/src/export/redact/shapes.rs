//! How secrets, names and addresses look: data, as regular expressions.
//!
//! `\x00` stands between the arguments of a command line. Where an expression has a group `v`, that is what is replaced;
//! otherwise the whole is.

use super::pseudonym::Kind;

/// What is replaced, and how it looks.
pub(super) const SHAPES: &[(Kind, &str)] = &[
    // Tokens that say what they are.
    (Kind::Secret, r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    (Kind::Secret, r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,})"),
    (Kind::Secret, r"\bxox[abeoprs]-[A-Za-z0-9-]{8,}|\bhooks\.slack\.com/services/[A-Za-z0-9/]+"),
    (Kind::Secret, r"\b(?:[sr]k_(?:live|test)_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{16,}|AIza[0-9A-Za-z_-]{30,})"),
    (Kind::Secret, r"\b(?:npm_|hf_|dop_v1_|pypi-|hvs\.|s\.|SG\.|ya29\.)[A-Za-z0-9_.-]{20,}"),
    (Kind::Secret, r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}"),
    (Kind::Secret, r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY-----|[^\x00]*)"),
    (Kind::Secret, r"\$(?:1|2[abxy]?|5|6|7|y|gy|argon2\w*)\$[./A-Za-z0-9$=,]{8,}"),
    // Headers.
    (
        Kind::Secret,
        r#"(?i)\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s+)?(?P<v>[^\s\x00"']+)"#,
    ),
    (Kind::Secret, r#"(?i)\b(?:bearer|basic)[\s\x00]+(?P<v>[A-Za-z0-9._~+/=-]{6,})"#),
    (Kind::Secret, r#"(?i)\b(?:set-)?cookie["']?\s*:\s*(?P<v>[^\x00"'\r\n]+)"#),
    // user:password@, up to the last @ of the word.
    (Kind::Secret, r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\x00/:@]*:(?P<v>[^\s\x00]*)@"),
    (Kind::User, r"[A-Za-z][A-Za-z0-9+.-]*://(?P<v>[^\s\x00/:@]+)(?::[^\s\x00]*)?@"),
    // Programs that have short options for it.
    (Kind::Secret, r#"\bsshpass[\s\x00]+-p[\s\x00]*(?P<v>"[^"\x00]*"|'[^'\x00]*'|[^\s\x00]+)"#),
    (Kind::Secret, r"\b(?:mysql\w*|mariadb[\w-]*)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-p(?P<v>[^\s\x00]+)"),
    (
        Kind::Secret,
        r"\b(?:docker|podman|nerdctl|helm|oras|crane)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+login(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-p[\s\x00]*(?P<v>[^\s\x00]+)",
    ),
    (Kind::Secret, r"\bredis-cli(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-a[\s\x00]*(?P<v>[^\s\x00]+)"),
    (Kind::Secret, r"\bldap\w+(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-w[\s\x00]*(?P<v>[^\s\x00]+)"),
    (Kind::Secret, r"\b(?:zip|unzip|7z\w*)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-[pP][\s\x00]*(?P<v>[^\s\x00]+)"),
    (Kind::Secret, r"\bmongo\w*(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-p[\s\x00]*(?P<v>[^\s\x00]+)"),
    (Kind::Secret, r"\bhtpasswd[\s\x00]+-\w*b\w*[\s\x00]+[^\s\x00]+[\s\x00]+[^\s\x00]+[\s\x00]+(?P<v>[^\s\x00]+)"),
    (Kind::Secret, r"\bvault[\s\x00]+login[\s\x00]+(?P<v>[^\s\x00=-][^\s\x00=]*)"),
    (
        Kind::Secret,
        r"\b(?:curl|wget|http|xh)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-u[\s\x00]*[^\s\x00:]+:(?P<v>[^\s\x00]+)",
    ),
    (Kind::User, r"\b(?:curl|wget|http|xh)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-u[\s\x00]*(?P<v>[A-Za-z0-9_.-]+)"),
    (
        Kind::Secret,
        r"\b(?:smbclient|rpcclient|smbmap|net)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-U[\s\x00]*[^\s\x00%]+%(?P<v>[^\s\x00]+)",
    ),
    (Kind::Secret, r"\bpass:(?P<v>[^\s\x00]+)"),
    // Users.
    (Kind::User, r"/(?:home|Users)/(?P<v>[^/\s\x00:;,()<>|&]+)"),
    (Kind::User, r"(?:^|[\s\x00=:(])~(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)/"),
    (Kind::User, r"--(?:user|username|user-name|login|login-name|owner)(?:[\s\x00]+|=)(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)"),
    (Kind::Secret, r"--(?:user|proxy-user)(?:[\s\x00]+|=)[^\s\x00:]+:(?P<v>[^\s\x00]+)"),
    (Kind::User, r"\bsudo(?:[\s\x00]+-\w+)*?[\s\x00]+-\w*u[\s\x00]+(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)"),
    (Kind::User, r"\bsu[\s\x00]+(?:-[lmp]?[\s\x00]+)*(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)"),
    (
        Kind::User,
        r"\b(?:ssh|slogin|rlogin)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-l[\s\x00]*(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)",
    ),
    (
        Kind::User,
        r"\b(?:psql|pg_dump|mysql\w*|mariadb)(?:[\s\x00]+[^\s\x00]+)*?[\s\x00]+-[uU][\s\x00]*(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)",
    ),
    (
        Kind::User,
        r"\b(?:useradd|adduser|usermod|userdel|chage)(?:[\s\x00]+-[^\s\x00]+)*[\s\x00]+(?P<v>[A-Za-z_][A-Za-z0-9_.-]*)",
    ),
    // Hosts.
    (Kind::Host, r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s\x00/]*@)?(?P<v>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)"),
    (
        Kind::Host,
        r"(?i)\b(?P<v>(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+(?:com|net|org|io|dev|app|cloud|local|internal|intranet|lan|home|corp|example|test|invalid|info|biz|onion|xyz|top|site|online|gov|edu|mil|eu|de|uk|fr|ru|cn|nl|ch|at|it|es|pl|se|us|ca|au|jp|kr|in|br))\b",
    ),
    (Kind::Host, r"(?i)--(?:host|hostname|server)(?:[\s\x00]+|=)(?P<v>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"),
    // Addresses; whether they are ones is seen when they are read.
    (Kind::Address, r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    (Kind::Address, r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*"),
];

/// `name@host`, both of which are taken out.
pub(super) const AT: &str = r"(?P<user>[A-Za-z0-9_][A-Za-z0-9_.+-]*)@(?P<host>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)";

/// A name, and a value that it is given: `KEY=value`, `"key": "value"`, `--key value`.
pub(super) const NAMED: &str = r#"(?x)
    (?P<name> [A-Za-z_][A-Za-z0-9_.-]* ) ["']? \s* [=:] \s*
    (?: "(?P<a>[^"\x00]*)" | '(?P<b>[^'\x00]*)' | (?P<c>[^\s\x00&;,"']+) )
"#;

/// An option with its value as the next word.
pub(super) const OPTION: &str = r#"(?x)
    (?:^|[\s\x00"']) --? (?P<name> [A-Za-z][A-Za-z0-9_.-]* ) [\s\x00]+
    (?: "(?P<a>[^"\x00]*)" | '(?P<b>[^'\x00]*)' | (?P<c>[^\s\x00]+) )
"#;

/// What may be a secret because nobody would write it by hand.
pub(super) const RANDOM: &str = r"[A-Za-z0-9+=_/-]{20,}";

/// Names of values that are secret, wherever these words stand in them.
pub(super) const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "credential",
    "privatekey",
    "accesskey",
];

/// Words that make a name secret when they stand in it as a word of their own.
pub(super) const SECRET_WORDS: &[&str] = &["pass", "pwd", "pw", "auth", "pin", "otp", "psk", "sas", "sig", "signature"];

/// Two words that make a name secret together.
pub(super) const SECRET_PAIRS: &[[&str; 2]] = &[
    ["api", "key"],
    ["access", "key"],
    ["private", "key"],
    ["secret", "key"],
    ["account", "key"],
    ["encryption", "key"],
    ["master", "key"],
    ["signing", "key"],
    ["auth", "key"],
    ["session", "key"],
    ["session", "id"],
    ["client", "key"],
    ["license", "key"],
];

/// Last words of names whose values are not secret themselves.
pub(super) const HARMLESS_ENDS: &[&str] = &[
    "file",
    "path",
    "dir",
    "directory",
    "stdin",
    "type",
    "length",
    "policy",
    "prompt",
    "ttl",
    "url",
    "uri",
    "endpoint",
    "name",
];

/// Users that every system has: their names say nothing about anybody.
pub(super) const EVERYBODY: &[&str] = &[
    "root",
    "daemon",
    "bin",
    "sys",
    "sync",
    "mail",
    "man",
    "news",
    "proxy",
    "backup",
    "list",
    "irc",
    "nobody",
    "operator",
    "sshd",
    "www-data",
    "nginx",
    "apache",
    "httpd",
    "mysql",
    "postgres",
    "redis",
    "git",
    "systemd-network",
    "systemd-resolve",
    "messagebus",
    "user",
    "app",
];
