//! What policies are called: names as Kubernetes has them.

/// At most this many characters (RFC 1123, a label).
const LONG: usize = 63;

/// `ktrace-` and what is left of a workload's name when only what a name may have is taken.
pub(super) fn name(workload: &str) -> String {
    let mut out = String::from("ktrace");
    for word in workload.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        out.push('-');
        out.push_str(&word.to_ascii_lowercase());
    }
    if out.len() > LONG {
        // What was cut off stays in the name as a hash, so that two that begin alike are two.
        let mark = blake3::hash(workload.as_bytes()).to_hex();
        out.truncate(LONG - 9);
        out = format!("{}-{}", out.trim_end_matches('-'), &mark[..8]);
    }
    out
}

/// The namespace, the owner and the container of a workload's name (`default/web:nginx`); `None` of one outside of pods.
pub(super) fn pod(workload: &str) -> Option<(&str, &str, &str)> {
    let (namespace, rest) = workload.split_once('/').filter(|(namespace, _)| !namespace.contains(' '))?;
    let (owner, container) = rest.split_once(':')?;
    Some((namespace, owner, container))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_whatever_the_workload_is_called() {
        assert_eq!(name("default/web:nginx"), "ktrace-default-web-nginx");
        assert_eq!(name("image Nginx:1.25"), "ktrace-image-nginx-1-25");
        let long = |end: &str| name(&format!("default/{}:{end}", "a".repeat(80)));
        assert!(long("b").len() <= LONG && long("b") != long("c"), "{}", long("b"));
        for odd in ["", "/:", "ä/ö:ü", "\n"] {
            let name = name(odd);
            assert!(name.starts_with("ktrace") && !name.ends_with('-'), "{name}");
        }
    }

    #[test]
    fn workloads_of_pods_are_told_from_images() {
        assert_eq!(pod("default/web:nginx"), Some(("default", "web", "nginx")));
        for other in ["image a/b:1", "image nginx:1.25", "service ssh.service"] {
            assert_eq!(pod(other), None, "{other}");
        }
    }
}
