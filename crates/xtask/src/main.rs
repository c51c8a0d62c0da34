//! t
fn main(){
  let mut c = cbindgen::Config::default(); c.language=cbindgen::Language::C;
  c.export.rename.insert("stack_st_X509".into(),"STACK_OF(X509)".into());
  cbindgen::Builder::new().with_config(c).with_src(std::env::args().nth(1).unwrap()).generate().unwrap().write(std::io::stdout());
}
