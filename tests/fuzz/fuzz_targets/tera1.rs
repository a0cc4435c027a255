#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kepu::fuzz::tera1(data));
