import fs from "node:fs";
const f=process.argv[2]; const lock=JSON.parse(fs.readFileSync(f));
const OS=["android","darwin","freebsd","openharmony","linux","win32","aix","sunos","netbsd","openbsd"];
const CPU={"arm64":"arm64","x64":"x64","ia32":"ia32","ppc64":"ppc64","riscv64":"riscv64","s390x":"s390x","arm":"arm","wasm32":"wasm32","loong64":"loong64"};
let n=0;
for(const [path,p] of Object.entries({...lock.packages})){
  for(const [name,version] of Object.entries(p.optionalDependencies??{})){
    const at=`node_modules/${name}`; if(lock.packages[at]) continue;
    const parts=name.split("/").pop().split("-");
    const os=parts.find(x=>OS.includes(x)); const cpu=parts.map(x=>CPU[x]).find(Boolean);
    if(!os||!cpu){console.error("cannot tell",name);continue;}
    const musl=parts.some(x=>x.startsWith("musl")); const gnu=parts.some(x=>x.startsWith("gnu"));
    lock.packages[at]={version,cpu:[cpu],...(p.dev?{dev:true}:{}),...(os==="linux"&&(musl||gnu)?{libc:[musl?"musl":"glibc"]}:{}),license:p.license,optional:true,os:[os],...(p.engines?{engines:p.engines}:{})};
    n++;
  }
}
lock.packages=Object.fromEntries(Object.entries(lock.packages).sort(([a],[b])=>a<b?-1:1));
fs.writeFileSync(f,JSON.stringify(lock,null,2)+"\n"); console.log("added",n);
