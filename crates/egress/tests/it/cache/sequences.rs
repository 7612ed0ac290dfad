//! The standard as data: `rfc9111.txt` says what it reads like, and this plays it against a real upstream, with a clock of its own.

use super::{Now, Scene, settled};
use crate::house::{caller_of, policy};
use egret_egress::{Cached, Caller, Draft};
use egret_policy::CacheSpec;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SEQUENCES: &str = include_str!("rfc9111.txt");

/// A status, fields, and a body where one is named.
#[derive(Clone, Debug, Default)]
struct Message {
    status: u16,
    fields: Vec<(String, String)>,
    /// Fields that must not be there.
    absent: Vec<String>,
    body: Option<String>,
}

impl Message {
    /// `200 | name: value | !name | = body`, with dates seen from now.
    fn read(text: &str, now: &Now) -> Self {
        let mut message = Self::default();
        for part in text.split(" | ").map(str::trim) {
            if let Ok(status) = part.parse() {
                message.status = status;
            } else if let Some(body) = part.strip_prefix('=') {
                message.body = Some(body.trim().to_owned());
            } else if let Some(name) = part.strip_prefix('!') {
                message.absent.push(name.to_owned());
            } else {
                let (name, value) = part.split_once(": ").unwrap_or_else(|| panic!("no field: {part:?}"));
                message.fields.push((name.to_owned(), now.filled(value)));
            }
        }
        message
    }

    fn headers(&self) -> HeaderMap {
        let field = |(name, value): &(String, String)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        let mut headers = HeaderMap::new();
        self.fields.iter().map(field).for_each(|(name, value)| _ = headers.append(name, value));
        headers
    }

    fn check(&self, headers: &HeaderMap, place: &str) {
        for (name, _) in &self.fields {
            let expected: Vec<&str> = self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| &**value).collect();
            let came: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
            assert_eq!(came, expected, "{place}: {name}");
        }
        for name in &self.absent {
            assert!(!headers.contains_key(name), "{place}: {name} is there");
        }
    }
}

#[tokio::test]
async fn the_sequences_of_the_standard_come_out_as_it_says() {
    let answers: Arc<Mutex<VecDeque<Message>>> = Arc::default();
    let next = Arc::clone(&answers);
    let scene = Scene::answering(move |request, now| {
        let answer = next.lock().unwrap().pop_front().unwrap_or_else(|| panic!("asked for {} without need", request.uri()));
        let mut response = Response::new(answer.body.clone().unwrap_or_default());
        *response.status_mut() = answer.status.try_into().unwrap();
        *response.headers_mut() = answer.headers();
        response.headers_mut().entry("date").or_insert_with(|| now.filled("{0}").parse().unwrap());
        response
    });
    let mut count = 0;
    for case in SEQUENCES.split("\n== ").skip(1) {
        let (title, steps) = case.split_once('\n').unwrap();
        scene.now.reset();
        play(&scene, title, steps, &answers).await;
        assert_eq!(answers.lock().unwrap().len(), 0, "{title}: the upstream was not asked");
        count += 1;
    }
    assert!(count > 45, "only {count} cases were read");
}

async fn play(scene: &Scene, title: &str, steps: &str, answers: &Mutex<VecDeque<Message>>) {
    let mut spec = CacheSpec::up_to(Duration::from_secs(300));
    let (mut request, mut wanted) = (None, Vec::new());
    for line in steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let place = format!("{title}: {}", line.trim());
        if let Some(rule) = line.strip_prefix("rule ") {
            let (fresh, heuristic) = rule.split_once(' ').unwrap_or((rule, ""));
            spec = CacheSpec { fresh: Duration::from_secs(fresh.parse().unwrap()), heuristic: heuristic == "heuristic" };
        } else if let Some(seconds) = line.strip_prefix("+ ") {
            scene.now.advance(Duration::from_secs(seconds.parse().unwrap()));
        } else if let Some(answer) = line.strip_prefix("  < ") {
            answers.lock().unwrap().push_back(Message::read(answer, &scene.now));
        } else if let Some(seen) = line.strip_prefix("  > ") {
            wanted.push(Message::read(seen, &scene.now));
        } else if let Some(outcome) = line.strip_prefix("  ") {
            let caller = caller_of(title, &policy([scene.rule(spec)]));
            check(scene, &caller, request.take().unwrap(), outcome, &std::mem::take(&mut wanted), &place).await;
        } else {
            request = Some(draft(scene, line));
        }
    }
}

fn draft(scene: &Scene, line: &str) -> Draft {
    let (first, fields) = line.split_once(" | ").unwrap_or((line, ""));
    let (method, path) = first.split_once(' ').unwrap();
    let headers = if fields.is_empty() { HeaderMap::new() } else { Message::read(fields, &scene.now).headers() };
    Draft { method: method.parse().unwrap(), headers, ..scene.draft(path) }
}

/// Sends a request, and holds what comes, what was seen and what is told of it against what must.
async fn check(scene: &Scene, caller: &Caller, draft: Draft, outcome: &str, wanted: &[Message], place: &str) {
    let (outcome, meanwhile) = outcome.strip_suffix(" ~").map_or((outcome, false), |outcome| (outcome, true));
    let (how, expected) = outcome.split_once(' ').unwrap();
    let expected = Message::read(expected, &scene.now);
    let (asked, told) = (scene.peer.requests().len(), scene.house.events().len());
    let response = scene.house.egress.fetch(caller, draft).await.unwrap_or_else(|error| panic!("{place}: {error:?}"));
    assert_eq!(response.status, expected.status, "{place}");
    expected.check(&response.headers, place);
    let body = response.body.collect(1 << 20).await.unwrap();
    if let Some(expected) = &expected.body {
        assert_eq!(body, expected.as_bytes(), "{place}");
    }
    let event = scene.house.events().into_iter().nth(told).unwrap_or_else(|| panic!("{place}: no event"));
    assert_eq!(event.cached.map_or("asked", Cached::as_str), how, "{place}");
    assert_eq!(event.status, Some(expected.status), "{place}");
    settled(scene, told + 1 + usize::from(meanwhile)).await;
    let seen: Vec<_> = scene.peer.requests().split_off(asked);
    let is_asked = meanwhile || how == "asked" || how == "revalidated" || !wanted.is_empty();
    assert!(!is_asked || !seen.is_empty(), "{place}: the upstream was not asked");
    for wanted in wanted {
        wanted.check(&seen[0].headers, place);
    }
}
