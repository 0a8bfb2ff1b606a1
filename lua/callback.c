/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The short way into a function that a script has given to an object: what lua_pcall(), lua_getfield() and their like do,
 * without looking anything up that is known already. It is the way of every packet, probe hit and read of a device.
 *
 * And the short ways out of a script: fields and methods of objects, and the arguments of native functions.
 */
#include "ldo.h"
#include "lgc.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "index.h"
#include "protect.h"
#include "lunatik/abi.h"

/* What the full userdata on top of the stack is known by, for as long as something keeps it. */
void *lunatik_userdata(lua_State *L)
{
	return uvalue(s2v(L->top.p - 1));
}

/* What a short string on top of the stack is known by, for as long as something keeps it; NULL for any other value. */
const void *lunatik_stringkey(lua_State *L)
{
	const TValue *value = s2v(L->top.p - 1);

	return ttisshrstring(value) ? tsvalue(value) : NULL;
}

static inline void read_results(lua_State *L, struct lunatik_value *results, int count)
{
	StkId from = L->top.p - count;

	for (; from < L->top.p; from++, results++) {
		const TValue *value = s2v(from);

		if (ttisnil(value)) {
			results->kind = LUNATIK_NIL;
		} else if (ttisinteger(value)) {
			results->kind = LUNATIK_INTEGER;
			results->integer = ivalue(value);
		} else if (ttisstring(value)) {
			results->kind = LUNATIK_STRING;
			results->bytes.data = getstr(tsvalue(value));
			results->bytes.size = tsslen(tsvalue(value));
		} else if (ttisboolean(value)) {
			results->kind = LUNATIK_BOOLEAN;
			results->boolean = ttistrue(value);
		} else {
			results->kind = LUNATIK_NONE;
		}
	}
}

/* Reads the @count values on top of the stack, strings borrowed from it. What has no kind of its own becomes LUNATIK_NONE. */
void lunatik_readresults(lua_State *L, struct lunatik_value *results, int count)
{
	read_results(L, results, count);
}

/* A string of bytes in the task's memory, copied once; NULL if they are not there now. */
static TString *fetch_string(lua_State *L, const void *from, size_t size)
{
	char bytes[LUAI_MAXSHORTLEN];
	TString *string;

	if (size <= LUAI_MAXSHORTLEN)
		return lunatik_fetch(bytes, from, size) ? NULL : luaS_newlstr(L, bytes, size);
	string = luaS_createlngstrobj(L, size);
	return lunatik_fetch(getlngstr(string), from, size) ? NULL : string;
}

/* Pushes a string; where the bytes are is said by its kind. False if they cannot be had. May raise "not enough memory". */
static __attribute__((__noinline__)) int push_string(lua_State *L, StkId to, const struct lunatik_value *value)
{
	TString *string;

	/* The collector looks at what lies below the top. */
	L->top.p = to;
	if (value->kind == LUNATIK_STRING)
		string = luaS_newlstr(L, value->bytes.data, value->bytes.size);
	else if (value->kind == LUNATIK_USER)
		string = fetch_string(L, value->bytes.data, value->bytes.size);
	else
		string = NULL;
	if (!string)
		return 0;
	setsvalue2s(L, to, string);
	return 1;
}

/* Pushes the arguments; false if there is one that only the long way knows. Strings, if it may push them, may raise "not enough memory". */
static __attribute__((__always_inline__)) inline int push_arguments(lua_State *L, StkId to, Udata *userdata,
								    const struct lunatik_callback *callback, int first, int strings)
{
	const struct lunatik_value *value = callback->arguments;
	StkId end = to + callback->argument_count;

	for (; to < end; value++, to++) {
		if (value->kind == LUNATIK_INTEGER) {
			setivalue(s2v(to), value->integer);
		} else if (value->kind == LUNATIK_KEPT) {
			setobj2s(L, to, &userdata->uv[first + value->integer].uv);
		} else if (value->kind == LUNATIK_SELF) {
			setuvalue(L, s2v(to), userdata);
		} else if (value->kind == LUNATIK_BOOLEAN) {
			settt_(s2v(to), value->boolean ? LUA_VTRUE : LUA_VFALSE);
		} else if (value->kind == LUNATIK_NIL) {
			setnilvalue(s2v(to));
		} else if (!strings || !push_string(L, to, value)) {
			return 0;
		}
	}
	return 1;
}

/* What L->nCcalls is outside of Lua, in the main thread: no C calls, and it cannot yield (lua_newstate()). */
#define CALLS_OUTSIDE 0x10000u

static inline struct lua_longjmp *packet_jump(lua_State *L)
{
	_Static_assert(sizeof(struct lua_longjmp) <= sizeof(lunatik_gauge(L)->jump), "the gauge has no room for a jump");
	return (struct lua_longjmp *)lunatik_gauge(L)->jump;
}

/* After an error in such a function, with that status: what is left of its call goes, and the error is on top of the stack. */
static __attribute__((__noinline__, __cold__)) int packet_failed(lua_State *L, int status)
{
	/* The message handler is below it. */
	StkId base = restorestack(L, L->errfunc) + 1;
	struct protect protect = {
		.jump.status = status,
		.L = L,
		.frame = &L->base_ci,
		.top = savestack(L, base),
		.calls = CALLS_OUTSIDE,
		.hooks = 1,
	};

	return lunatik_protect_leave(&protect);
}

/* Makes @frame the call of the function in @called, of @code, with @given arguments behind it; nil is put where more are wanted. */
static inline void packet_frame(lua_State *L, CallInfo *frame, StkId called, const Proto *code, int given, int results)
{
	StkId top = called + 1 + given;
	int missing;

	frame->func.p = called;
	frame->nresults = results;
	frame->callstatus = CIST_FRESH;
	frame->top.p = called + 1 + code->maxstacksize;
	frame->u.l.savedpc = code->code;
	if (luai_unlikely(code->numparams > given)) {
		for (missing = code->numparams - given; missing > 0; missing--, top++)
			setnilvalue(s2v(top));
	}
	L->top.p = top;
	L->ci = frame;
}

/*
 * luaV_execute() of a packet's function, with its errors caught: nonzero if there was one. What luaD_callnoyield() and
 * luaD_rawrunprotected() do around it, with constants for what is known outside of Lua.
 */
static inline int packet_run(lua_State *L, CallInfo *frame, StkId handler)
{
	struct lua_longjmp *jump = packet_jump(L);
	int thrown;

	L->errfunc = savestack(L, handler);
	L->errorJmp = jump;
	L->nCcalls = CALLS_OUTSIDE + (0x10000 | 1);
	LUNATIK_TRY_EXECUTE(thrown, jump->b, L, frame);
	if (luai_unlikely(thrown))
		return packet_failed(L, jump->status);
	L->errorJmp = NULL;
	L->nCcalls = CALLS_OUTSIDE;
	L->errfunc = 0;
	return LUA_OK;
}

/*
 * Puts the message handler and the function at @called on the stack, if that can be called without more: it is one in Lua, and there is
 * room for @frame and it. LUA_OK; or why not, with nothing done.
 */
static __attribute__((__always_inline__)) inline int packet_begin(lua_State *L, const TValue *called, const CallInfo *frame, lua_CFunction handler)
{
	StkId top = L->top.p;

	/* Functions in C, tables with __call, nothing at all: they come seldom. */
	if (luai_unlikely(!ttisLclosure(called)))
		return LUNATIK_PACKET_LONG;
	/* The first packet, and one whose hook is larger than those before it, make room. */
	if (luai_unlikely(frame == NULL) ||
	    luai_unlikely(top + clLvalue(called)->p->maxstacksize + LUNATIK_CALLBACK_SLOTS > L->stack_last.p))
		return LUNATIK_PACKET_ROOM;
	setfvalue(s2v(top), handler);
	setclLvalue2s(L, top + 1, clLvalue(called));
	return LUA_OK;
}

/* The same with user value @argument, the one behind it, and @string; the result is anything. */
int lunatik_callpacketwith(lua_State *L, void *kept, int function, int argument, const void *string, lua_CFunction handler,
			   struct lunatik_value *result)
{
	Udata *userdata = kept;
	const TValue *called = &userdata->uv[function].uv;
	StkId top = L->top.p;
	CallInfo *frame = L->base_ci.next;
	int status = packet_begin(L, called, frame, handler);

	if (luai_unlikely(status))
		return status;
	setobj2s(L, top + 2, &userdata->uv[argument].uv);
	setobj2s(L, top + 3, &userdata->uv[argument + 1].uv);
	setsvalue2s(L, top + 4, (TString *)string);
	packet_frame(L, frame, top + 1, clLvalue(called)->p, 3, 1);
	status = packet_run(L, frame, top);
	if (luai_likely(status == LUA_OK))
		read_results(L, result, 1);
	return status;
}

/* A call of lunatik_callkept() that may raise before the function runs. */
struct careful {
	Udata *userdata;
	const struct lunatik_callback *callback;
	int first;	/* where the kept arguments are */
	int before;	/* arguments that are on the stack already */
	int begun;
};

/* Pushes the arguments, collects garbage and calls the function, which is above the message handler. */
static void push_and_call(lua_State *L, void *argument)
{
	struct careful *call = argument;
	const struct lunatik_callback *callback = call->callback;
	StkId called = restorestack(L, L->errfunc) + 1;
	int given = call->before + callback->argument_count;
	CallInfo *frame;

	if (!push_arguments(L, called + 1 + call->before, call->userdata, callback, call->first, 1))
		return;
	call->begun = 1;
	L->top.p = called + 1 + given;
	luaC_checkGC(L);
	/* It may have moved the stack, and given back frames or room. */
	called = restorestack(L, L->errfunc) + 1;
	/* luaD_callnoyield(), of a function in Lua, at the bottom of a C stack that was measured just now. */
	L->nCcalls += 0x10000 | 1;
	frame = luaD_precall(L, called, callback->result_count);
	frame->callstatus = CIST_FRESH;
	luaV_execute(L, frame);
}

/* The way of a call with strings, and of one that comes when there is garbage to collect; as lunatik_callkept(). */
static __attribute__((__noinline__)) int call_carefully(lua_State *L, StkId handler, int before, Udata *userdata, int first,
							const struct lunatik_callback *callback)
{
	struct careful call = { userdata, callback, first, before, 0 };
	ptrdiff_t top = savestack(L, handler);
	int status;

	L->errfunc = top;
	L->top.p = handler + 2 + before;
	status = luaD_rawrunprotected(L, push_and_call, &call);
	if (luai_unlikely(status != LUA_OK))
		return packet_failed(L, status);
	L->errfunc = 0;
	if (luai_likely(call.begun))
		return LUA_OK;
	L->top.p = restorestack(L, top);
	return LUNATIK_PACKET_LONG;
}

/*
 * Calls @called with @self, if that is given, and the arguments of @callback; LUNATIK_KEPT ones count from user value @first. Returns a
 * status as lua_pcall() does, with @handler as message handler and the results read; or, having done nothing, LUNATIK_PACKET_LONG
 * where only the long way knows what to do, LUNATIK_PACKET_ROOM where there is no room.
 */
static __attribute__((__always_inline__)) inline int call_kept(lua_State *L, Udata *userdata, const TValue *called, const TValue *self,
							       int first, lua_CFunction handler, struct lunatik_callback *callback)
{
	StkId top = L->top.p, to = top + 2;
	CallInfo *frame = L->base_ci.next;
	int status = packet_begin(L, called, frame, handler);

	if (luai_unlikely(status))
		return status;
	if (self) {
		setobj2s(L, to, self);
		to++;
	}
	if (luai_unlikely(G(L)->GCdebt > 0) || luai_unlikely(!push_arguments(L, to, userdata, callback, first, 0))) {
		status = call_carefully(L, top, self != NULL, userdata, first, callback);
	} else {
		packet_frame(L, frame, top + 1, clLvalue(called)->p, (self != NULL) + callback->argument_count,
			     callback->result_count);
		status = packet_run(L, frame, top);
	}
	if (luai_likely(status == LUA_OK))
		read_results(L, callback->results, callback->result_count);
	return status;
}

/* Calls user value number @function (from 0) of the userdata @kept. */
int lunatik_callkept(lua_State *L, void *kept, int function, int first, lua_CFunction handler, struct lunatik_callback *callback)
{
	Udata *userdata = kept;

	return call_kept(L, userdata, &userdata->uv[function].uv, NULL, first, handler, callback);
}

/* Calls the function named @key of the table that is the first user value of @kept, with the table as first argument. */
int lunatik_callfield(lua_State *L, void *kept, const void *key, lua_CFunction handler, struct lunatik_callback *callback)
{
	Udata *userdata = kept;
	const TValue *table = &userdata->uv[0].uv, *called;

	if (luai_unlikely(!ttistable(table)))
		return LUNATIK_PACKET_LONG;
	called = lunatik_getshortstr(hvalue(table), key);
	if (luai_unlikely(!called))
		return LUNATIK_PACKET_LONG;
	return call_kept(L, userdata, called, table, 0, handler, callback);
}

/* What the string on top of the stack is known by, for as long as something keeps it. */
const void *lunatik_string(lua_State *L)
{
	return tsvalue(s2v(L->top.p - 1));
}

/* The bytes of what is known so. */
const char *lunatik_stringbytes(const void *string, unsigned long *size)
{
	const TString *text = string;

	*size = tsslen(text);
	return getstr(text);
}

/* The beginning of a Box (kernel/vm/box.hpp). */
struct box {
	const void *mark;
	const lunatik_object_t *object;
	_Bool constructed;
};

static inline const struct box *box_of(const Udata *userdata)
{
	return (const struct box *)((const char *)userdata + udatamemoffset(userdata->nuvalue));
}

/* The open object of a userdata; NULL if there is none. */
static inline const lunatik_object_t *object_of(const Udata *userdata)
{
	const struct box *box = box_of(userdata);

	if (userdata->len != sizeof(*box) || box->mark != lunatik_mark || !box->object || box->object->opt & LUNATIK_OPT_STOPPED)
		return NULL;
	return box->object;
}

/*
 * The handle of an object that the state has already, which keeps the object, so the address can be no other one's. NULL: none.
 * Nothing but handles is in that table.
 */
static inline const TValue *handle_of(lua_State *L, const lunatik_object_t *object)
{
	const TValue *handle;
	TValue key;

	setpvalue(&key, (void *)object);
	handle = luaH_get((Table *)lunatik_gauge(L)->handles, &key);
	return ttisfulluserdata(handle) && box_of(uvalue(handle))->object == object ? handle : NULL;
}

static __attribute__((__noinline__)) unsigned int new_hash(const TString *key, struct lunatik_hash *place)
{
	place->hash = lunatik_keyhash(getshrstr(key), key->shrlen);
	place->string = key;
	return place->hash;
}

/* The hash of a short string as a key of objects, which is remembered while the string is there. */
static inline unsigned int key_hash(lua_State *L, const TString *key)
{
	struct lunatik_hash *place = &lunatik_gauge(L)->hashes[key->hash % LUNATIK_HASHES];

	return luai_likely(place->string == key) ? place->hash : new_hash(key, place);
}

/* Sets @result to the state's handle of an object; 0 if it has none. Not inlined: most fields are no objects. */
static __attribute__((__noinline__)) int set_handle(lua_State *L, const lunatik_object_t *object, StkId result)
{
	const TValue *handle = handle_of(L, object);

	if (!handle)
		return 0;
	setobj2s(L, result, handle);
	return 1;
}

/* Reads a field of an object, if it is one that is read without a call. */
static __attribute__((__always_inline__)) inline int read_field(lua_State *L, const TValue *f, const TValue *p1, const TValue *p2, StkId result)
{
	const lunatik_object_t *object = object_of(uvalue(p1));
	const TString *key = tsvalue(p2);
	struct lunatik_value value __attribute__((uninitialized));

	if (!object || !object->class->index || object->class->methods->func != fvalue(f))
		return 0;
	value.integer = key_hash(L, key);
	if (!object->class->index(object->private, getshrstr(key), key->shrlen, &value))
		return 0;
	if (value.kind == LUNATIK_OBJECT)
		return set_handle(L, value.object, result);
	if (value.kind == LUNATIK_INTEGER) {
		setivalue(s2v(result), value.integer);
	} else {
		settt_(s2v(result), value.kind == LUNATIK_NIL ? LUA_VNIL : value.boolean ? LUA_VTRUE : LUA_VFALSE);
	}
	return 1;
}

void lunatik_field(lua_State *L, const TValue *f, const TValue *p1, const TValue *p2, StkId result)
{
	/* Seldom wanted again: a store each, where a register would have to be saved, copied to and restored. */
	const TValue *volatile called = f, *volatile self = p1, *volatile key = p2;

	if (luai_unlikely(!read_field(L, f, p1, p2, result)))
		luaT_callTMres(L, called, self, key, result);
}

/* luaT_callTMres(), for the interpreter: a metamethod's call, or what it would give. */
void lunatik_calltm(lua_State *L, const TValue *f, const TValue *p1, const TValue *p2, StkId result)
{
	if (ttislcf(f) && ttisfulluserdata(p1) && ttisshrstring(p2))
		lunatik_field(L, f, p1, p2, result);
	else
		luaT_callTMres(L, f, p1, p2, result);
}

/* The open object of a method's class that @value is; NULL: it is none. */
static __attribute__((__always_inline__)) inline const lunatik_object_t *receiver_of(const struct lunatik_function *method,
										     const TValue *value)
{
	const lunatik_object_t *object = ttisfulluserdata(value) ? object_of(uvalue(value)) : NULL;

	return object && object->class == method->class ? object : NULL;
}

/*
 * Runs the leaf of a method whose receiver is at @receiver, with @count integers behind it: the receiver must be an open object of the
 * method's class. What it gives goes to @result. False: nothing was done.
 */
static inline int run_leaf(const struct lunatik_function *method, StkId receiver, int count, long long *result)
{
	const lunatik_object_t *object;
	StkId argument;

	_Static_assert(sizeof(StackValue) == LUNATIK_LEAF_STRIDE * sizeof(long long) && offsetof(TValue, value_) == 0,
		       "lunatik/abi.h has another size of arguments");
	if (count != method->leaf_arguments)
		return 0;
	object = receiver_of(method, s2v(receiver));
	if (!object)
		return 0;
	for (argument = receiver + count; argument > receiver; argument--) {
		if (!ttisinteger(s2v(argument)))
			return 0;
	}
	return method->leaf(object->private, &val_(s2v(receiver + 1)).i, result);
}

/*
 * Where the gauge keeps the method that a C function is. Those of a class lie 32 bytes apart where each begins with a landing pad, 16
 * elsewhere: either way 32 neighbours have places of their own, since a hook that calls two of one place learns neither.
 */
static inline __typeof__(&((struct lunatik_gauge *)0)->leaves[0]) leaf_place(lua_State *L, lua_CFunction function)
{
	unsigned long address = (unsigned long)function;

	return &lunatik_gauge(L)->leaves[(address >> 4 ^ address >> 9) % LUNATIK_LEAVES];
}

#include "straight.h"

int lunatik_callleaf(lua_State *L, const struct lunatik_function *method)
{
	StkId function = L->ci->func.p;

	if (luai_likely(ttislcf(s2v(function)))) {
		__typeof__(leaf_place(L, NULL)) place = leaf_place(L, fvalue(s2v(function)));

		place->function = fvalue(s2v(function));
		place->method = method;
	}
	if (!run_leaf(method, function + 1, cast_int(L->top.p - function) - 2, &val_(s2v(L->top.p)).i))
		return 0;
	if (method->leaf_results) {
		settt_(s2v(L->top.p), LUA_VNUMINT);
		L->top.p++;
	}
	return 1;
}

int lunatik_leafcall(lua_State *L, StkId function, int arguments, int wanted)
{
	const __typeof__(leaf_place(L, NULL)) place = leaf_place(L, fvalue(s2v(function)));
	const struct lunatik_function *method = place->method;

	if (place->function != fvalue(s2v(function)) || wanted > 1)
		return 0;
	/* The result takes the place of the function, which is there until the leaf has succeeded. */
	if (!run_leaf(method, function + 1, arguments - 2, &val_(s2v(function)).i))
		return 0;
	settt_(s2v(function), method->leaf_results ? LUA_VNUMINT : LUA_VNIL);
	if (wanted < 0)
		L->top.p = function + method->leaf_results;
	return 1;
}

/* The user value at @offset, counted in bytes from the second one. */
static inline const UValue *kept_at(const void *kept, unsigned long offset)
{
	_Static_assert(sizeof(UValue) == LUNATIK_KEPT_SIZE, "lunatik/abi.h has another size of what is kept");
	return (const UValue *)((const char *)&((const Udata *)kept)->uv[1] + offset);
}

/*
 * Makes a function steps, if it has no more parameters than it is given, and one is the first of what it does; what it does does not
 * change.
 */
static inline void look_at_function(struct lunatik_asked *asked, const LClosure *function, int given)
{
	struct straight_step *steps = (struct straight_step *)asked->steps;
	const Proto *code = function->p;

	_Static_assert(LUNATIK_STEPS * sizeof(long) % sizeof(struct straight_step) == 0, "lunatik/abi.h has another size of steps");
	asked->looked = STRAIGHT_NONE;
	if (code->numparams > given)
		return;
	make_steps(function, steps);
	if (steps->op == STRAIGHT_LEAVE)
		return;
	/* The message handler and the function are below it, if the interpreter has to go on. */
	asked->room = (code->maxstacksize + LUNATIK_CALLBACK_SLOTS) * sizeof(StackValue);
	asked->looked = STRAIGHT_BEGINS;
}

/*
 * A packet's call by the interpreter, from instruction @pc on: if that is not the first, run_straight() has left the function's registers
 * as they are to be. Then packet_begin() succeeds, so that no step is ever taken twice: the function is the one in Lua that became steps,
 * it has run once, which left a frame that luaE_shrinkCI() keeps, and lunatik_callpacket() has seen the room.
 */
static __attribute__((__noinline__)) struct lunatik_said run_packet(lua_State *L, const void *kept, struct lunatik_asked *asked,
								    unsigned int more, lua_CFunction handler, int pc)
{
	const TValue *called = &kept_at(kept, asked->function)->uv;
	const UValue *arguments = kept_at(kept, asked->argument);
	StkId top = L->top.p;
	CallInfo *frame = L->base_ci.next;
	struct lunatik_said said = { luai_likely(more <= 1) ? packet_begin(L, called, frame, handler) : LUNATIK_PACKET_LONG, 0 };
	const Proto *code;
	unsigned int i;

	if (luai_unlikely(said.error))
		return said;
	code = clLvalue(called)->p;
	if (!pc) {
		if (luai_unlikely(asked->looked == STRAIGHT_UNKNOWN))
			look_at_function(asked, clLvalue(called), 1 + more);
		for (i = 0; i <= more; i++)
			setobj2s(L, top + 2 + i, &arguments[i].uv);
		packet_frame(L, frame, top + 1, code, 1 + more, 1);
	} else {
		packet_frame(L, frame, top + 1, code, code->numparams, 1);
		frame->u.l.savedpc = code->code + pc;
	}
	said.error = packet_run(L, frame, top);
	if (luai_unlikely(said.error))
		return said;
	/* It may have moved the stack. */
	top = L->top.p - 2;
	L->top.p = top;
	said.value = ivalue(s2v(top + 1));
	if (luai_unlikely(!ttisinteger(s2v(top + 1))))
		said.error = LUNATIK_PACKET_OTHER;
	if (__builtin_expect_with_probability(gettotalbytes(G(L)) > lunatik_gauge(L)->collect_at, 0, 1))
		return (struct lunatik_said){ said.error + LUNATIK_PACKET_GARBAGE, said.value };
	return said;
}

/* The same for a function that is steps, as far as they go; its room has been seen. */
static __attribute__((__noinline__)) struct lunatik_said run_steps(lua_State *L, const void *kept, struct lunatik_asked *asked,
								   unsigned int more, lua_CFunction handler)
{
	/* Seldom wanted again: a store each, where a register would have to be saved, copied to and restored. */
	lua_State *volatile state = L;
	struct lunatik_asked *volatile whom = asked;
	const void *volatile userdata = kept;
	volatile unsigned int further = more;
	volatile lua_CFunction traceback = handler;
	/* Where the interpreter will find it, if it has to go on: behind the message handler and the function. */
	StkId base = L->top.p + 2;
	const UValue *arguments = kept_at(kept, asked->argument);
	struct straight end;

	/* What there is no parameter for is in a register that is written before it is read. */
	setobj2s(L, base, &arguments[0].uv);
	if (more)
		setobj2s(L, base + 1, &arguments[1].uv);
	end = run_straight((struct straight_step *)asked->steps, base, &state);
	if (luai_likely(end.stopped < 0))
		return (struct lunatik_said){ LUA_OK, end.value };
	return run_packet(state, userdata, whom, further, traceback, end.stopped);
}

struct lunatik_said lunatik_callpacket(lua_State *L, const void *kept, struct lunatik_asked *asked, unsigned int more, lua_CFunction handler)
{
	const struct straight_step *first = (const struct straight_step *)asked->steps;

	if (luai_unlikely(asked->looked != STRAIGHT_BEGINS) || luai_unlikely(L->hookmask | lunatik_stopped(L)))
		return run_packet(L, kept, asked, more, handler, 0);
	/* What says the same to each packet wants neither registers nor arguments. */
	if (first->op == STRAIGHT_RETURN_UPVALUE && luai_likely(ttisinteger((*first->upvalue)->v.p)))
		return (struct lunatik_said){ LUA_OK, ivalue((*first->upvalue)->v.p) };
	if (luai_unlikely((char *)L->top.p + asked->room > (char *)L->stack_last.p))
		return run_packet(L, kept, asked, more, handler, 0);
	return run_steps(L, kept, asked, more, handler);
}

void *lunatik_takebuffer(lua_State *L, unsigned long size)
{
	struct lunatik_gauge *gauge = lunatik_gauge(L);
	Udata *buffer = gauge->buffer;

	if (!gauge->buffer_free || buffer->len < size)
		return NULL;
	gauge->buffer_free = 0;
	setuvalue(L, s2v(L->top.p), buffer);
	L->top.p++;
	return getudatamem(buffer);
}

int lunatik_returnbuffer(lua_State *L, int index)
{
	struct lunatik_gauge *gauge = lunatik_gauge(L);

	if (uvalue(s2v(L->ci->func.p + index)) != gauge->buffer)
		return 0;
	gauge->buffer_free = 1;
	return 1;
}

/* Reads an argument that is just what its parameter wants; 0: it is something else, or wants more than to be read. */
static __attribute__((__always_inline__)) inline int read_argument(const TValue *given, const struct lunatik_parameter *parameter,
								   struct lunatik_value *value)
{
	unsigned char kind = parameter->kind;

	if (parameter->field)
		return 0;
	if (kind == LUNATIK_ANY) {
		if (ttisinteger(given)) {
			value->kind = LUNATIK_INTEGER;
			value->integer = ivalue(given);
			return 1;
		}
		kind = ttisstring(given) ? LUNATIK_STRING : ttisboolean(given) ? LUNATIK_BOOLEAN : LUNATIK_OBJECT;
	}
	switch (kind) {
	case LUNATIK_INTEGER:
	case LUNATIK_BUFFER:
		if (!ttisinteger(given) || ivalue(given) < parameter->minimum || ivalue(given) > parameter->maximum)
			return 0;
		value->integer = ivalue(given);
		break;
	case LUNATIK_STRING:
		if (!ttisstring(given))
			return 0;
		value->bytes.data = getstr(tsvalue(given));
		value->bytes.size = tsslen(tsvalue(given));
		break;
	case LUNATIK_BOOLEAN:
		value->boolean = !l_isfalse(given);
		break;
	case LUNATIK_OBJECT:
		value->object = ttisfulluserdata(given) ? (lunatik_object_t *)object_of(uvalue(given)) : NULL;
		if (!value->object || (parameter->class && value->object->class != parameter->class))
			return 0;
		break;
	default:
		return 0;
	}
	value->kind = kind;
	return 1;
}

/* Makes the argument that says how many bytes are wanted a buffer of so many. */
static int read_buffer(lua_State *L, struct lunatik_value *value)
{
	unsigned long size = value->integer;
	void *bytes = lunatik_takebuffer(L, size);

	if (!bytes)
		return 0;
	value->bytes.data = bytes;
	value->bytes.size = size;
	value->index = cast_int(L->top.p - L->ci->func.p) - 1;
	return 1;
}

int lunatik_readcall(lua_State *L, const struct lunatik_function *function, struct lunatik_call *call)
{
	const struct lunatik_parameter *parameter = function->parameters, *end = parameter + function->parameter_count;
	struct lunatik_value *value = call->arguments, *buffer = NULL;
	const StackValue *given = L->ci->func.p + 1, *top = L->top.p;

	if (function->flags & (LUNATIK_FUNCTION_CONSTRUCTOR | LUNATIK_FUNCTION_VARARGS))
		return 0;
	if (function->flags & LUNATIK_FUNCTION_METHOD) {
		lunatik_object_t *object = given < top ? (lunatik_object_t *)receiver_of(function, s2v(given)) : NULL;

		if (!object)
			return 0;
		call->object = object;
		call->self = object->private;
		given++;
	}
	for (; parameter < end; parameter++, value++, given++) {
		if (given >= top || ttisnil(s2v(given))) {
			/* Fields are none of the arguments. */
			if (!parameter->optional || parameter->field)
				return 0;
			value->kind = LUNATIK_NONE;
			continue;
		}
		if (!read_argument(s2v(given), parameter, value))
			return 0;
		if (value->kind == LUNATIK_BUFFER)
			buffer = value;
	}
	call->count = function->parameter_count;
	/* Last: once it is taken, there is no way back. */
	return !buffer || read_buffer(L, buffer);
}

int lunatik_collectstep(lua_State *L)
{
	/* In generational mode a step is a whole collection of the young, and no step says that it was the last. */
	return lua_gc(L, LUA_GCSTEP, 0) || G(L)->gckind == KGC_GEN;
}

/* lua_settop(L, 0) for a stack that nothing on it is to be closed of, which is all an entry leaves. */
unsigned long lunatik_clearstack(lua_State *L)
{
	StkId base = L->ci->func.p + 1;

	if (luai_unlikely(L->tbclist.p >= base))
		lua_settop(L, 0);
	else
		L->top.p = base;
	return gettotalbytes(G(L));
}
