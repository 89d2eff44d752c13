//! Where Prometheus reads: a listener that knows one page.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use super::metrics::Metrics;

/// Who may read at the same time; others wait.
const READERS: usize = 16;
/// How long somebody may take to ask.
const ASKING: Duration = Duration::from_secs(10);
/// How long a whole connection may stay, so that none keeps a place for good.
const STAYING: Duration = Duration::from_secs(300);

/// Serves `/metrics` on `address`, on a thread of its own, for as long as the process lives; gives the address, with the
/// port that the system chose where none was asked for.
///
/// # Errors
/// When it cannot listen there.
pub fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(move || runtime.block_on(listen(listener, metrics)))?;
    Ok(address)
}

async fn listen(listener: tokio::net::TcpListener, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(READERS));
    loop {
        // It is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptors left, or the like: it passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, &metrics);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(ASKING).max_buf_size(16 << 10);
            // Who breaks off has what they wanted.
            let _ = tokio::time::timeout(STAYING, server.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let known = request.uri().path() == "/metrics";
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match (known, reads) {
        (false, _) => (StatusCode::NOT_FOUND, "see /metrics\n".to_owned()),
        (true, false) => (StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n".to_owned()),
        (true, true) => (StatusCode::OK, metrics.expose()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = if status == StatusCode::OK { "text/plain; version=0.0.4; charset=utf-8" } else { "text/plain" };
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpStream};

    use super::*;

    fn ask(address: SocketAddr, head: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn one_page_is_served_and_nothing_else() -> io::Result<()> {
        let metrics = Arc::new(Metrics::default());
        metrics.event("exec");
        let address = serve((Ipv4Addr::LOCALHOST, 0).into(), metrics)?;
        let page = ask(address, "GET /metrics")?;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{page}");
        let (_, body) = page.split_once("\r\n\r\n").unwrap_or_default();
        assert!(body.contains("ktrace_events_total{kind=\"exec\"} 1\n"), "{body}");
        assert!(ask(address, "HEAD /metrics")?.ends_with("\r\n\r\n"));
        assert!(ask(address, "GET /")?.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "POST /metrics")?.starts_with("HTTP/1.1 405"));
        assert!(serve(address, Arc::default()).is_err(), "somebody is there already");
        Ok(())
    }

    #[test]
    fn who_says_nothing_keeps_nobody_from_reading() -> io::Result<()> {
        let address = serve((Ipv4Addr::LOCALHOST, 0).into(), Arc::default())?;
        let _silent: Vec<_> = (0..READERS - 1).map(|_| TcpStream::connect(address)).collect();
        assert!(ask(address, "GET /metrics")?.starts_with("HTTP/1.1 200"));
        Ok(())
    }
}
