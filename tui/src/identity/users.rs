//! User names by uid, out of /etc/passwd.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use crate::model::passwd;

/// The users of a node.
///
/// Only what /etc/passwd holds: users of LDAP and the like have no name here, and are shown by number. Inside a
/// container a uid may mean somebody else; these are the node's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users(HashMap<u32, Box<str>>);

impl Users {
    /// Reads the text of a passwd file (`passwd(5)`); lines that are not an entry are passed over. Where several
    /// names share a uid the first one counts, as for `getpwuid(3)`.
    pub fn parse(text: &str) -> Users {
        let mut users = HashMap::new();
        for (uid, name) in passwd(text) {
            users.entry(uid).or_insert_with(|| Box::from(name));
        }
        Users(users)
    }

    /// Reads `path`, as a rule /etc/passwd. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// When the file cannot be read; the program then goes on with numbers.
    pub fn read(path: &Path) -> io::Result<Users> {
        Ok(Users::parse(&String::from_utf8_lossy(&std::fs::read(path)?)))
    }

    /// The users of the node whose root is at `root`; nobody where its /etc/passwd cannot be read.
    pub fn load(root: &Path) -> Users {
        Users::read(&root.join("etc/passwd")).unwrap_or_default()
    }

    /// Every name by its uid.
    pub fn names(self) -> HashMap<u32, String> {
        self.0.into_iter().map(|(uid, name)| (uid, name.into())).collect()
    }

    /// The name of `uid`, where it has one.
    pub fn name(&self, uid: u32) -> Option<&str> {
        self.0.get(&uid).map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        toor:x:0:0:another root:/root:/bin/sh\n\
        # a comment:x:7:\n\
        +@staff:x:8:\n\
        broken\n\
        huge:x:4294967296:1::/:\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
        short:x:1000";

    #[test]
    fn a_uid_has_the_first_name_that_the_file_gives_it() {
        assert_eq!(Users::parse(PASSWD).name(0), Some("root"));
        assert_eq!(Users::parse(PASSWD).name(65534), Some("nobody"));
    }

    #[test]
    fn what_is_no_entry_gives_no_name_and_a_short_entry_does() {
        let users = Users::parse(PASSWD);
        assert_eq!((users.name(7), users.name(8), users.name(1)), (None, None, None));
        assert_eq!(users.name(1000), Some("short"));
        assert_eq!(users.0.len(), 3);
    }

    #[test]
    fn a_file_with_bytes_that_are_not_utf8_keeps_its_other_names() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"caf\xe9:x:5:5::/:\nann:x:6:6::/:\n").unwrap();
        let users = Users::read(file.path()).unwrap();
        assert_eq!(users.name(5), Some("caf\u{fffd}"));
        assert_eq!(users.name(6), Some("ann"));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_that_load_survives() {
        assert!(Users::read(Path::new("/nonexistent/passwd")).is_err());
        assert_eq!(Users::load(Path::new("/nonexistent")), Users::default());
    }
}
