//! Pages that are read aloud, and recordings that play.
//!
//! Headless Chromium has no voices, so a stand-in for `speechSynthesis` is put into the page before its own scripts run. It
//! writes down what it is told and ends an utterance when the test says so.

use serde_json::{Value, json};

use super::driver::{Browser, SPACE};
use super::keys::becomes;
use super::{Served, served, texts};
use crate::support::SiteTest;

/// `window.heard` holds what was spoken; `window.tongue(lang, …)` gives the device voices; `window.finish()` ends the utterance
/// that is being spoken.
const STAND_IN: &str = "
    window.heard = []; let voices = [], now = null; const told = new EventTarget();
    window.tongue = (...langs) => {
        voices = langs.map(lang => ({ lang, name: lang, localService: !lang.endsWith('-online'), default: false, voiceURI: lang }));
        told.dispatchEvent(new Event('voiceschanged'));
    };
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    Object.defineProperty(window, 'speechSynthesis', { value: {
        getVoices: () => voices, get speaking() { return now !== null; },
        addEventListener: told.addEventListener.bind(told),
        speak: u => { now = u; heard.push(u.text); window.lang = u.voice.lang; },
        cancel: () => { const was = now; now = null; if (was && was.onerror) setTimeout(() => was.onerror({ error: 'canceled' })); },
    } });
    window.speaking = () => now !== null;
    window.finish = () => { const was = now; now = null; was.onend(); };";

/// A browser with a page open; `then` is what the device does before the page's scripts run.
fn listening(site: &Served, page: &str, then: &str) -> Browser {
    let browser = Browser::start();
    browser.view(360, 740, "light");
    let source = format!("{STAND_IN}{then}");
    browser.command("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
    browser.open(&format!("{}{page}", site.address));
    browser
}

const READ: &str = "document.querySelector('[data-read]')";

fn button_shown(browser: &Browser) -> Value {
    browser.run(&format!("return {READ}.getBoundingClientRect().height > 0;"))
}

#[test]
fn the_button_is_there_when_a_chinese_voice_is() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = listening(&site, "/science/article/", "tongue('en-US', 'ja-JP', 'zh-CN-online');");
    assert_eq!(button_shown(&browser), false, "no Chinese voice on the device");
    // Voices of Chromium arrive after the page has loaded.
    for voices in ["'en-US', 'zh-CN'", "'zh_CN'", "'cmn'", "'zh-HK'"] {
        browser.run(&format!("tongue({voices});"));
        assert_eq!(button_shown(&browser), true, "{voices}");
        browser.run("tongue('en-US');");
        assert_eq!(button_shown(&browser), false, "gone after {voices}");
    }
    // Mandarin before Cantonese.
    browser.run(&format!("tongue('zh-HK', 'zh-CN'); {READ}.click();"));
    becomes(&browser, "window.lang === 'zh-CN'");
    // So it is in 长者模式, whose bar has a button of its own.
    browser.run("tongue('en-US'); document.querySelector('[data-elder]').click();");
    let bar = "[...document.querySelectorAll('.elder-bar button')].filter(b => b.textContent === '朗读')[0]";
    becomes(&browser, &format!("{bar} && {bar}.hidden"));
    browser.run("tongue('zh-CN');");
    becomes(&browser, &format!("!{bar}.hidden"));
}

#[test]
fn an_article_is_read_sentence_by_sentence_without_pictures_and_notes() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = listening(&site, "/science/article/", "tongue('zh-CN');");
    browser.run(&format!("{READ}.click();"));
    becomes(&browser, "speaking()");
    assert_eq!(browser.run("return heard;"), json!(["喝奶会得布病吗 <&>"]), "the title, and nothing more yet");
    assert_eq!(browser.run(&format!("return {READ}.textContent;")), "停止朗读");
    browser.run("while (speaking()) finish();");
    let heard = texts(&browser.run("return heard;"));
    let start =
        ["喝奶会得布病吗 <&>", "布病会从生奶传给人，血压高的人也要当心。", "要煮开，一定要煮开：煮到沸腾。", "为什么"];
    assert_eq!(heard[..4], start);
    // A footnote is neither numbered nor read, a table cell by cell.
    assert!(["正文。", "温度", "100"].into_iter().all(|part| heard.iter().any(|one| one == part)), "{heard:?}");
    assert!(!heard.iter().any(|part| part.contains("脚注") || part.contains("[1]")), "{heard:?}");
    // At the end everything is as it was.
    assert_eq!(browser.run(&format!("return {READ}.textContent;")), "朗读本文");
    assert_eq!(browser.run("return document.querySelectorAll('.page-tools button').length;"), 2);

    // A page with drawings: neither their captions nor their descriptions.
    let Some(site) = served(SiteTest::association) else { return };
    let browser = listening(&site, "/science/rockets/", "tongue('zh-CN');");
    browser.run(&format!("{READ}.click();"));
    becomes(&browser, "speaking()");
    browser.run("while (speaking()) finish();");
    let heard = texts(&browser.run("return heard;")).join("\n");
    assert!(heard.contains("这个速度叫第一宇宙速度，大约每秒7.9公里。"), "{heard}");
    assert!(!heard.contains("就绕着地球转了。") && !heard.contains("示意图"), "{heard}");
}

#[test]
fn pinyin_is_not_read() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = listening(&site, "/science/easy/", "tongue('zh-CN');");
    browser.run(&format!("{READ}.click();"));
    becomes(&browser, "speaking()");
    browser.run("while (speaking()) finish();");
    assert_eq!(browser.run("return heard;"), json!(["奶要煮开", "奶要煮开，再喝。", "长城也是这样说。"]));
}

#[test]
fn reading_is_paused_goes_on_and_stops() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = listening(&site, "/science/article/", "tongue('zh-CN');");
    browser.run(&format!("{READ}.click();"));
    becomes(&browser, "speaking()");
    browser.run("finish();");
    let press = |label: &str| {
        let pressed = browser.run(&format!(
            "const b = [...document.querySelectorAll('button')].filter(b => b.textContent === {label:?})[0]; if (b) b.click(); return !!b;"
        ));
        assert_eq!(pressed, true, "{label}");
    };
    press("暂停");
    assert_eq!(browser.run("return speaking();"), false);
    // What was cancelled has said so by now; it does not end the reading.
    becomes(&browser, "[...document.querySelectorAll('button')].some(b => b.textContent === '继续朗读')");
    press("继续朗读");
    let heard = texts(&browser.run("return heard;"));
    assert_eq!(heard.len(), 3);
    assert_eq!(heard[1], heard[2], "it goes on with the sentence that it broke off");
    press("停止朗读");
    assert_eq!(browser.run("return speaking();"), false);
    assert_eq!(browser.run(&format!("return {READ}.textContent;")), "朗读本文");
    // From the beginning again.
    press("朗读本文");
    assert_eq!(texts(&browser.run("return heard;")).last(), heard.first());
    // Leaving the page ends it.
    browser.run("window.dispatchEvent(new Event('pagehide'));");
    assert_eq!(browser.run("return speaking();"), false);
}

#[test]
fn a_recording_plays() {
    let Some(site) = served(|| SiteTest::full().file("content/science/article/read.mp3", tone())) else { return };
    let browser = Browser::start();
    browser.view(360, 740, "light");
    browser.open(&format!("{}/science/article/", site.address));
    browser.run(
        "const audio = document.querySelector('audio');
         audio.onended = () => { window.played = [audio.duration, audio.currentTime]; };
         audio.onerror = () => { window.played = audio.error.message; };
         audio.focus();",
    );
    browser.press(SPACE);
    becomes(&browser, "window.played");
    let played = browser.run("return window.played;");
    let length = played.get(0).and_then(Value::as_f64).unwrap_or_default();
    assert!(length > 0.1 && played.get(0) == played.get(1), "{played}");
}

/// A quarter of a second of sound as a WAV file. The browser goes by what a file holds, not by its name.
fn tone() -> Vec<u8> {
    let samples: Vec<u8> = (0..2000).map(|n| if n % 20 < 10 { 96 } else { 160 }).collect();
    let mut file = b"RIFF".to_vec();
    let rate: u32 = 8000;
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or_default().to_le_bytes();
    file.extend(size(samples.len() + 36));
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // PCM, one channel, a byte for each sample.
    file.extend(1u16.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(8u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size(samples.len()));
    file.extend(samples);
    file
}
