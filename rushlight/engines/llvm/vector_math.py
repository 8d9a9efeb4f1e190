"""temporary."""
def poly(b,x,cs):
    r=b.number(cs[0],x.kind)
    for c in cs[1:]: r=b.fma(b.splat(r,x.lanes),x,b.splat(b.number(c,x.kind),x.lanes))
    return r
def exp(b,x):
    N=lambda v:b.splat(b.number(v,x.kind),x.lanes)
    x=b.select(b.compare('ogt',x,N(88.7)),N(88.7),x); x=b.select(b.compare('olt',x,N(-87.3)),N(-87.3),x)
    n=b.intrinsic('roundeven',b.mul(x,N(1.4426950408889634)))
    r=b.fma(n,N(-0.693359375),x); r=b.fma(n,N(2.12194440e-4),r)
    p=poly(b,r,[1.9875691500E-4, 1.3981999507E-3, 8.3334519073E-3, 4.1665795894E-2, 1.6666665459E-1, 5.0000001201E-1])
    p=b.add(b.fma(b.mul(r,r),p,r),N(1.0))
    I='i32' if x.kind=='float' else 'i64'
    ni=b.convert('fptosi',n,I)
    sh=23 if I=='i32' else 52
    return b.convert('bitcast',b.add(b.convert('bitcast',p,I),b.binary('shl',ni,b.number(sh,I))),x.kind)
def log(b,x):
    N=lambda v:b.splat(b.number(v,x.kind),x.lanes)
    bits=b.convert('bitcast',x,'i32'); t=b.sub(bits,b.number(0x3f3504f3,'i32')); k=b.binary('ashr',t,b.number(23,'i32'))
    m=b.convert('bitcast',b.sub(bits,b.binary('shl',k,b.number(23,'i32'))),'float'); e=b.convert('sitofp',k,'float')
    z=b.sub(m,N(1.0))
    p=poly(b,z,[7.0376836292E-2, -1.1514610310E-1, 1.1676998740E-1, -1.2420140846E-1, 1.4249322787E-1, -1.6668057665E-1, 2.0000714765E-1, -2.4999993993E-1, 3.3333331174E-1])
    z2=b.mul(z,z); y=b.mul(b.mul(z2,z),p); y=b.fma(e,N(-2.12194440e-4),y); y=b.fma(z2,N(-.5),y)
    return b.fma(e,N(0.693359375),b.add(z,y))
def sigmoid(b,x):
    N=lambda v:b.splat(b.number(v,x.kind),x.lanes)
    return b.div(N(1.0),b.add(N(1.0),exp(b,b.negate(x))))
def tanh(b,x):
    N=lambda v:b.splat(b.number(v,x.kind),x.lanes)
    return b.sub(N(1.0),b.div(N(2.0),b.add(exp(b,b.add(x,x)),N(1.0))))
def erf(b,x): # tanh approx placeholder
    N=lambda v:b.splat(b.number(v,x.kind),x.lanes)
    return tanh(b,b.mul(x,b.fma(b.mul(x,x),N(0.1009),N(1.1283))))
