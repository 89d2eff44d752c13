//! References of images: which parts of them say what.

/// A reference of an image, in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Without tag and digest, and without the registry and folder that Docker adds: `nginx`, `registry.example/a/b`.
    pub repository: String,
    /// `1.25`; `latest` where there is neither tag nor digest.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// Takes a reference apart. One that is only the id of an image has that as its digest, and no repository.
    pub fn parse(text: &str) -> Reference {
        let id = |text: &str| text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
        let alone = text.strip_prefix("sha256:").unwrap_or(text);
        if id(alone) {
            return Reference { digest: Some(format!("sha256:{alone}")), ..Reference::default() };
        }
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(digest.to_owned())),
            None => (text, None),
        };
        // A colon before the last slash is that of a port.
        let (name, tag) = match text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, Some(tag.to_owned())),
            None => (text, digest.is_none().then(|| "latest".to_owned())),
        };
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let repository = name.strip_prefix("library/").unwrap_or(name).to_owned();
        Reference { repository, tag, digest }
    }

    /// As people write it: `nginx:1.25`, `nginx@sha256:…`, `sha256:…`.
    pub fn short(&self) -> String {
        match (&self.tag, &self.digest) {
            _ if self.repository.is_empty() => self.digest.clone().unwrap_or_default(),
            (Some(tag), _) => format!("{}:{tag}", self.repository),
            (None, Some(digest)) => format!("{}@{digest}", self.repository),
            (None, None) => self.repository.clone(),
        }
    }

    /// True when both are the same image at any version of it.
    pub fn same_repository(&self, other: &Reference) -> bool {
        !self.repository.is_empty() && self.repository == other.repository
    }
}
