//! The listener of metrics: one page, for this machine.

use crate::house::{House, get, serve};
use egret_gateway::Hosts;
use egret_watch::{Watch, metrics_gateway};

#[tokio::test]
async fn there_is_one_page_and_it_is_for_names_of_this_machine() {
    let house = House::new(Watch::default());
    let (address, _serving) = serve(metrics_gateway(house.watch.clone(), house.sources(), Hosts::Local).unwrap()).await;
    let status = async |path: &str, fields: &str| get(address, path, fields).await[..12].to_owned();
    assert_eq!(status("/metrics", "host: 127.0.0.1:9464\r\n").await, "HTTP/1.1 200");
    assert_eq!(status("/metrics", "host: attacker.example\r\n").await, "HTTP/1.1 421");
    assert_eq!(status("/", "host: localhost\r\n").await, "HTTP/1.1 404");
    assert_eq!(status("/metrics", &format!("host: localhost\r\nx: {}\r\n", "x".repeat(9 << 10))).await, "HTTP/1.1 431");
    let posted =
        egret_testkit::exchange(address, b"POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx");
    assert!(posted.await.starts_with(b"HTTP/1.1 405 "));
}

#[tokio::test]
async fn openmetrics_is_given_to_those_who_ask_for_it() {
    let house = House::new(Watch::default());
    let (address, _serving) = serve(metrics_gateway(house.watch.clone(), house.sources(), Hosts::Local).unwrap()).await;
    let answer =
        get(address, "/metrics", "host: localhost\r\naccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n").await;
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"), "{answer}");
    assert!(answer.contains("# TYPE egret_audit_lost counter\negret_audit_lost_total 7\n") && answer.ends_with("# EOF\n"), "{answer}");
}
