//! GitHub over real HTTP: its documented answers, its errors, and what a hostile server would do with the token.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use proptest::prelude::*;

use super::stand_in::{Answer, Answers, serve};
use super::*;
use crate::domain::channel::Address;

const CANARY: &str = "ghp_kanarie7Hf9x";
const SHA: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";

/// A token in a file of its own.
fn token() -> (tempfile::NamedTempFile, Address) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{CANARY}").unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let address = Address::File(file.path().to_owned());
    (file, address)
}

async fn client(api: &str, token: Option<Address>) -> Result<Client, Trouble> {
    let settings = GitHub { repository: "shop/backend".into(), api: api.into(), token };
    Client::open(&settings, &Trust::of_this_machine()).await
}

async fn asked(answers: Answers) -> (Result<Vec<CheckRuns>, Trouble>, Vec<String>) {
    let (api, mut requests) = serve(answers).await;
    let (_file, token) = token();
    let client = client(&api, Some(token)).await.unwrap();
    let came = client.pages(&format!("commits/{SHA}/check-runs"), &[], "checks").await;
    let mut heads = Vec::new();
    while let Ok(head) = requests.try_recv() {
        heads.push(head);
    }
    (came, heads)
}

fn always(answer: Answer) -> Answers {
    Arc::new(move |_, _| Some(answer.clone()))
}

#[tokio::test]
async fn a_request_carries_the_version_the_agent_and_the_token_and_pages_are_followed() {
    let (came, heads) = asked(Arc::new(|path, own| {
        let second = path.contains("page=2");
        let body = if second {
            include_str!("../../../tests/fixtures/github/check-runs-page-2.json")
        } else {
            include_str!("../../../tests/fixtures/github/check-runs-page-1.json")
        };
        let here = format!("{own}/repos/shop/backend/commits/{SHA}/check-runs?page=");
        let link = if second {
            format!("link: <{here}1>; rel=\"prev\", <{here}1>; rel=\"first\"\r\n")
        } else {
            format!("link: <{here}2>; rel=\"next\", <{here}2>; rel=\"last\"\r\n")
        };
        Some(Answer::Says(200, link, body.into()))
    }))
    .await;
    let names: Vec<String> = came.unwrap().into_iter().flat_map(|page| page.check_runs).map(|run| run.name).collect();
    assert_eq!(names, ["test (3.11)", "test (3.12)", "lint"]);
    let first = heads.first().unwrap().to_lowercase();
    assert!(first.starts_with(&format!("get /repos/shop/backend/commits/{SHA}/check-runs?per_page=100 ")), "{first}");
    for field in [
        "x-github-api-version: 2022-11-28",
        "accept: application/vnd.github+json",
        "user-agent: quarterdeck/",
        &format!("authorization: bearer {}", CANARY.to_lowercase()),
    ] {
        assert!(first.contains(field), "{field}: {first}");
    }
    assert_eq!(heads.len(), 2);
}

#[tokio::test]
async fn every_way_to_fail_is_a_sentence_of_its_own_and_none_holds_the_token() {
    let says = |status: u16, head: &str, text: &str| always(Answer::error(status, head, text));
    let echo = format!("{{\"message\": \"no scope for {CANARY}\"}}");
    let wide = format!("[{}]", "1,".repeat(10));
    for (answers, words) in [
        (says(401, "", include_str!("../../../tests/fixtures/github/error-401.json")), "expired or revoked"),
        (says(403, "", include_str!("../../../tests/fixtures/github/error-403.json")), "not accessible by personal"),
        (says(403, "", &echo), "no scope for (hidden)"),
        (
            says(
                403,
                "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1800000000\r\n",
                include_str!("../../../tests/fixtures/github/error-limit.json"),
            ),
            "limit of requests is reached until 08:00:00 UTC",
        ),
        (says(403, "", include_str!("../../../tests/fixtures/github/error-secondary.json")), "in a few minutes"),
        (says(403, "retry-after: 60\r\n", "{}"), "is reached until"),
        (says(429, "retry-after: 60\r\n", "<html>"), "is reached until"),
        (says(429, "", ""), "in a few minutes"),
        (
            says(404, "", include_str!("../../../tests/fixtures/github/error-404.json")),
            "does not show it to this token",
        ),
        (says(422, "", include_str!("../../../tests/fixtures/github/error-422.json")), "has no checks"),
        (says(500, "", "oops"), "trouble of its own (500)"),
        (says(503, "", ""), "trouble of its own (503)"),
        (says(301, "location: http://127.0.0.1:1/x\r\n", ""), "sends us elsewhere (301)"),
        (says(200, "", "<html><body>Sign in</body></html>"), "no JSON"),
        (says(200, "", ""), "no JSON"),
        (says(200, "", &wide), "not of the form"),
        (says(200, "", "{\"total_count\": \"three\", \"check_runs\": []}"), "not of the form"),
        (says(200, "", "[]"), "not of the form"),
        (says(200, "", "null"), "not of the form"),
        (says(204, "", ""), "no JSON"),
        (says(418, "", ""), "answered 418"),
        (always(Answer::Cut), "ended in the middle"),
        (always(Answer::Endless), "longer than anything"),
    ] {
        let (came, _) = asked(answers).await;
        let told = came.unwrap_err().to_string();
        assert!(told.contains(words), "{words}: {told}");
        assert!(!told.contains(CANARY), "{told}");
    }
}

#[tokio::test]
async fn the_token_goes_nowhere_but_to_the_api() {
    let (elsewhere, mut stolen) = serve(always(Answer::json("{}"))).await;
    let link = format!("link: <{elsewhere}/repos/x>; rel=\"next\"\r\n");
    let page = include_str!("../../../tests/fixtures/github/check-runs.json");
    let moved = format!("location: {elsewhere}/\r\n");
    for answer in [
        Answer::Says(200, link, page.into()),
        Answer::Says(302, moved.clone(), vec![]),
        Answer::Says(307, moved, vec![]),
    ] {
        let (came, _) = asked(always(answer)).await;
        assert!(matches!(came, Err(Trouble::Strayed | Trouble::Elsewhere(_))), "{came:?}");
    }
    assert!(stolen.try_recv().is_err(), "somebody else was asked");
    for api in ["http://api.github.example", "ftp://127.0.0.1", "https://ada:x@api.github.com", "https://a/?x", "x"] {
        assert!(matches!(client(api, None).await, Err(Trouble::Unready(_))), "{api}");
    }
}

#[tokio::test]
async fn pages_without_end_are_given_up() {
    let page = include_str!("../../../tests/fixtures/github/check-runs.json");
    let answers: Answers = Arc::new(move |path, own| {
        let link = format!("link: <{own}{path}>; rel=\"next\"\r\n");
        Some(Answer::Says(200, link, page.into()))
    });
    let (came, heads) = asked(answers).await;
    assert_eq!(came.unwrap_err(), Trouble::Endless);
    assert_eq!(heads.len(), PAGES);
}

#[tokio::test]
async fn without_a_token_that_is_one_nothing_is_asked() {
    let (api, mut requests) = serve(always(Answer::error(401, "", "{}"))).await;
    let unset = client(&api, Some(Address::Variable("QD_NO_SUCH_TOKEN".into()))).await.unwrap_err().to_string();
    assert!(unset.contains("its token comes from the environment variable QD_NO_SUCH_TOKEN"), "{unset}");
    let odd = Address::Command(vec!["printf".into(), "a\\nb".into()]);
    assert!(matches!(client(&api, Some(odd)).await, Err(Trouble::Unready(_))));
    assert!(requests.try_recv().is_err());
    let none = client(&api, None).await.unwrap();
    let told = none.one::<Commit>("commits/x", &[], "x").await.unwrap_err();
    assert_eq!(told, Trouble::Unauthorized(false));
    assert!(!requests.try_recv().unwrap().to_lowercase().contains("authorization"));
    let (silent, _) = serve(always(Answer::Silence)).await;
    let settings = GitHub { repository: "shop/backend".into(), api: silent, token: None };
    let brief = Duration::from_millis(300);
    let client_of_silence = Client::open_within(&settings, &Trust::of_this_machine(), brief).await.unwrap();
    assert_eq!(client_of_silence.one::<Commit>("commits/x", &[], "x").await.unwrap_err(), Trouble::Silent);
    let (_file, token) = token();
    assert!(!format!("{:?}", client(&api, Some(token)).await.unwrap()).contains(CANARY));
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = client(&format!("http://{gone}"), None).await.unwrap();
    let told = nobody.one::<Commit>("commits/x", &[], "x").await.unwrap_err();
    assert!(matches!(told, Trouble::Unreached(_)), "{told:?}");
}

proptest! {
    /// Any answer is read or refused, and any head leads to nothing but an address or none.
    #[test]
    fn any_answer_is_read_or_refused(body in "\\PC{0,80}|[\\[{\"a-z0-9:,}\\]]{0,80}", link in "[<>;,=\"a-z:/ ]{0,80}") {
        let _ = read::json::<CheckRuns>(body.as_bytes());
        let _ = read::json::<Vec<Review>>(body.as_bytes());
        let _ = read::json::<Approvals>(body.as_bytes());
        prop_assert!(read::message(body.as_bytes()).chars().count() <= 300);
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::LINK, HeaderValue::from_str(&link).unwrap());
        let _ = next(&headers);
    }

    /// Every field of a true answer made something else: it is read or refused, and never by a panic.
    #[test]
    fn true_answers_with_one_thing_changed(at in 0_usize..3000, put in "null|-1|\"\"|\\[\\]|\\{|\\}|9e99|\\\\u0000") {
        let text = include_str!("../../../tests/fixtures/github/check-runs.json");
        let at = at.min(text.len());
        let changed = format!("{}{put}{}", &text[..at], &text[at..]);
        let _ = read::json::<CheckRuns>(changed.as_bytes());
    }
}
