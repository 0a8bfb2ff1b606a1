/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The beginning of a packet's function, run without a frame, a jump buffer and luaV_execute(): instructions that neither raise nor
 * allocate, call nothing but leaves of methods, and never go back. Most packets come to the end of their function so. What is anything
 * else (a value of another kind, a leaf that has not done it, a loop) is left as if it had not been looked at, and the interpreter goes
 * on right there, with the registers as the instructions before have left them. So errors, metamethods and hooks are its own.
 *
 * What an instruction says is read once, when the function was called the first time: each becomes a step, with its operands where they
 * are wanted, or several that mostly come together become one. Nothing that is seen only between two instructions is missed: who calls
 * looks at the gauge and at hooks first, and so few steps take no time.
 */
#ifndef LUNATIK_STRAIGHT_H
#define LUNATIK_STRAIGHT_H

#include "lopcodes.h"
#include "lvm.h"

/* In the order of what comes often, and in which they are looked for. */
enum straight_op {
	STRAIGHT_CALL_WITH,	/* OP_SELF, OP_LOADI, OP_CALL */
	STRAIGHT_AND_NUMBER, STRAIGHT_ADD_NUMBER, STRAIGHT_MUL_NUMBER, STRAIGHT_SHIFT_NUMBER,
	STRAIGHT_SELF, STRAIGHT_CALL,
	STRAIGHT_RETURN_UPVALUE,	/* OP_GETUPVAL, OP_RETURN1 */
	STRAIGHT_LEAVE,		/* whatever is not here */
	STRAIGHT_MOVE, STRAIGHT_CONSTANT, STRAIGHT_UPVALUE, STRAIGHT_FIELD_OF_UPVALUE, STRAIGHT_FIELD,
	STRAIGHT_ADD, STRAIGHT_SUB, STRAIGHT_MUL, STRAIGHT_AND, STRAIGHT_OR, STRAIGHT_RETURN,
	/* With a jump. */
	STRAIGHT_EQ_NUMBER,
	STRAIGHT_EQ_UPVALUE,	/* OP_GETUPVAL, OP_EQ with it as second operand */
	STRAIGHT_LT_NUMBER, STRAIGHT_LE_NUMBER, STRAIGHT_GT_NUMBER, STRAIGHT_GE_NUMBER,
	STRAIGHT_EQ, STRAIGHT_LT, STRAIGHT_LE, STRAIGHT_TEST, STRAIGHT_JUMP,
};

/* What a function was found to be, in struct lunatik_asked. */
enum { STRAIGHT_UNKNOWN, STRAIGHT_NONE, STRAIGHT_BEGINS };

/* One step. Registers are offsets in bytes. */
struct straight_step {
	unsigned char op;
	unsigned char k;	/* of a condition: what it must be for the jump; of a constant: its tag; of a call: its arguments */
	unsigned short a, b, c;
	int next[2];		/* of a condition, if it is false, and if it is true: bytes to the next step; of a jump, the first */
	unsigned int pc;	/* of its first instruction */
	unsigned char result;	/* of a call: the tag of what it gives */
	unsigned char tries;	/* of a method and a call: how often no leaf was known */
	union {
		long long number;
		Value constant;
		UpVal *const *upvalue;	/* where the function has it: a script may put another one there */
		lua_CFunction function;	/* of STRAIGHT_SELF and STRAIGHT_CALL, as below */
	};
	const TString *field;
	/* What was called last, where its leaf is known: the receiver's class, and the leaf. */
	const lunatik_class_t *class;
	__typeof__(((struct lunatik_function *)0)->leaf) leaf;
};

/* At which instruction the interpreter is to go on; or -1, and the integer that the function has returned. */
struct straight {
	long stopped;
	lua_Integer value;
};

#define STRAIGHT_STEPS (LUNATIK_STEPS * sizeof(long) / sizeof(struct straight_step))
/* How many instructions are looked at. */
#define STRAIGHT_MOST 128
#define STRAIGHT_NOWHERE 255
/* How often a leaf is looked for that is not known: a method's is, once the interpreter has called it. */
#define STRAIGHT_TRIES 16

/* Makes the instruction at @pc a step, and what it may be put together with; returns how many these are. @together: of those behind it. */
static inline int make_step(const LClosure *function, int pc, struct straight_step *step, int together)
{
	const Instruction *code = function->p->code + pc, i = *code;
	const TValue *k = function->p->k;
	int size = 1;

	step->pc = pc;
	step->tries = 0;
	step->a = GETARG_A(i) * sizeof(StackValue);
	step->b = GETARG_B(i) * sizeof(StackValue);
	step->c = GETARG_C(i) * sizeof(StackValue);
	step->k = GETARG_k(i);
	step->op = STRAIGHT_LEAVE;
	switch (GET_OPCODE(i)) {
	case OP_MOVE:
		step->op = STRAIGHT_MOVE;
		break;
	case OP_LOADI:
		step->op = STRAIGHT_CONSTANT;
		step->k = LUA_VNUMINT;
		step->number = GETARG_sBx(i);
		break;
	case OP_LOADK:
		step->op = STRAIGHT_CONSTANT;
		step->k = rawtt(k + GETARG_Bx(i));
		step->constant = k[GETARG_Bx(i)].value_;
		break;
	case OP_GETUPVAL:
		step->op = STRAIGHT_UPVALUE;
		step->upvalue = &function->upvals[GETARG_B(i)];
		if (together >= 1 && GET_OPCODE(code[1]) == OP_RETURN1 && GETARG_A(code[1]) == GETARG_A(i)) {
			step->op = STRAIGHT_RETURN_UPVALUE;
			size = 2;
		} else if (together >= 1 && GET_OPCODE(code[1]) == OP_EQ && GETARG_B(code[1]) == GETARG_A(i) &&
			   GETARG_A(code[1]) != GETARG_A(i)) {
			step->op = STRAIGHT_EQ_UPVALUE;
			step->b = GETARG_A(code[1]) * sizeof(StackValue);
			step->k = GETARG_k(code[1]);
			size = 2;
		}
		break;
	case OP_GETTABUP:
		step->op = STRAIGHT_FIELD_OF_UPVALUE;
		step->upvalue = &function->upvals[GETARG_B(i)];
		step->field = tsvalue(k + GETARG_C(i));
		break;
	case OP_GETFIELD:
		step->op = STRAIGHT_FIELD;
		step->field = tsvalue(k + GETARG_C(i));
		break;
	case OP_SELF:
		if (!TESTARG_k(i) || !ttisshrstring(k + GETARG_C(i)))
			break;
		step->op = STRAIGHT_SELF;
		step->field = tsvalue(k + GETARG_C(i));
		break;
	case OP_CALL:
		/* A fixed number of arguments, the receiver among them, and one result or none. */
		if (GETARG_B(i) < 2 || GETARG_C(i) < 1 || GETARG_C(i) > 2)
			break;
		step->op = STRAIGHT_CALL;
		step->k = GETARG_B(i) - 2;
		break;
	case OP_ADDI:
		step->op = STRAIGHT_ADD_NUMBER;
		step->number = GETARG_sC(i);
		size = 2;
		break;
	case OP_SHRI:
		step->op = STRAIGHT_SHIFT_NUMBER;
		step->number = -GETARG_sC(i);
		size = 2;
		break;
	case OP_ADDK:
	case OP_MULK:
	case OP_BANDK:
		if (!ttisinteger(k + GETARG_C(i)))
			break;
		step->op = GET_OPCODE(i) == OP_ADDK ? STRAIGHT_ADD_NUMBER :
			   GET_OPCODE(i) == OP_MULK ? STRAIGHT_MUL_NUMBER : STRAIGHT_AND_NUMBER;
		step->number = ivalue(k + GETARG_C(i));
		size = 2;
		break;
	case OP_ADD:
		step->op = STRAIGHT_ADD;
		size = 2;
		break;
	case OP_SUB:
		step->op = STRAIGHT_SUB;
		size = 2;
		break;
	case OP_MUL:
		step->op = STRAIGHT_MUL;
		size = 2;
		break;
	case OP_BAND:
		step->op = STRAIGHT_AND;
		size = 2;
		break;
	case OP_BOR:
		step->op = STRAIGHT_OR;
		size = 2;
		break;
	case OP_JMP:
		step->op = STRAIGHT_JUMP;
		break;
	case OP_TEST:
		step->op = STRAIGHT_TEST;
		break;
	case OP_EQ:
		step->op = STRAIGHT_EQ;
		break;
	case OP_LT:
		step->op = STRAIGHT_LT;
		break;
	case OP_LE:
		step->op = STRAIGHT_LE;
		break;
	case OP_EQK:
		if (!ttisinteger(k + GETARG_B(i)))
			break;
		step->op = STRAIGHT_EQ_NUMBER;
		step->number = ivalue(k + GETARG_B(i));
		break;
	case OP_EQI:
		step->op = STRAIGHT_EQ_NUMBER;
		step->number = GETARG_sB(i);
		break;
	case OP_LTI:
	case OP_LEI:
	case OP_GTI:
	case OP_GEI:
		step->op = STRAIGHT_LT_NUMBER + (GET_OPCODE(i) - OP_LTI);
		step->number = GETARG_sB(i);
		break;
	case OP_RETURN1:
		step->op = STRAIGHT_RETURN;
		break;
	default:
		break;
	}
	/* The jump behind a condition is its own; its place in the code is known when all is. */
	if (step->op >= STRAIGHT_EQ_NUMBER && step->op < STRAIGHT_JUMP) {
		step->next[!step->k] = sizeof(*step);
		if (size > together || GET_OPCODE(code[size]) != OP_JMP)
			step->op = STRAIGHT_LEAVE;
		else
			size++;
	}
	return size;
}

/* Makes a function steps. */
static __attribute__((__noinline__, __cold__)) void make_steps(const LClosure *function, struct straight_step *steps)
{
	_Static_assert(OP_GEI - OP_LTI == STRAIGHT_GE_NUMBER - STRAIGHT_LT_NUMBER, "the numbers' conditions have another order");
	_Static_assert(sizeof(StackValue) << SIZE_A <= 65536, "registers are too large for offsets");
	const Instruction *code = function->p->code;
	unsigned char at[STRAIGHT_MOST], targets[STRAIGHT_MOST];	/* STRAIGHT_NOWHERE: none of its steps begins there */
	int size = function->p->sizecode < STRAIGHT_MOST ? function->p->sizecode : STRAIGHT_MOST;
	unsigned int count = 0;
	int pc, taken, i;

	for (i = 0; i < STRAIGHT_MOST; i++) {
		at[i] = STRAIGHT_NOWHERE;
		targets[i] = 0;
	}
	/* What comes from further behind comes from the interpreter. */
	for (pc = 0; pc < size; pc++) {
		int target = pc + 1 + GETARG_sJ(code[pc]);

		if (GET_OPCODE(code[pc]) == OP_JMP && target >= 0 && target < size)
			targets[target] = 1;
	}
	/* The last step is to leave, whatever comes behind. */
	for (pc = 0; pc < size && count < STRAIGHT_STEPS - 1; pc += taken) {
		int together = 0;

		while (together < 2 && pc + together + 1 < size && !targets[pc + together + 1])
			together++;
		at[pc] = count;
		taken = make_step(function, pc, &steps[count], together);
		/* A number and the call of a method with it are most of what follows the method's name. */
		if (steps[count].op == STRAIGHT_SELF && together == 2 && GET_OPCODE(code[pc + 1]) == OP_LOADI &&
		    GETARG_A(code[pc + 1]) == GETARG_A(code[pc]) + 2 &&
		    code[pc + 2] == CREATE_ABCk(OP_CALL, GETARG_A(code[pc]), 3, 2, 0)) {
			steps[count].op = STRAIGHT_CALL_WITH;
			steps[count].number = GETARG_sBx(code[pc + 1]);
			taken = 3;
		}
		count++;
	}
	steps[count].op = STRAIGHT_LEAVE;
	steps[count].pc = pc;
	for (i = 0; i < (int)count; i++) {
		struct straight_step *step = &steps[i];
		int jump, target;

		if (step->op < STRAIGHT_EQ_NUMBER)
			continue;
		jump = step->pc + (step->op == STRAIGHT_JUMP ? 0 : step->op == STRAIGHT_EQ_UPVALUE ? 2 : 1);
		target = jump + 1 + GETARG_sJ(code[jump]);
		if (target <= (int)step->pc || target >= size || at[target] == STRAIGHT_NOWHERE)
			step->op = STRAIGHT_LEAVE;
		else
			step->next[step->op != STRAIGHT_JUMP && step->k] = ((int)at[target] - i) * (int)sizeof(*step);
	}
}

/* The method that @function is for Lua, if its leaf is known. */
static inline const struct lunatik_function *leaf_of(lua_State *L, lua_CFunction function)
{
	const __typeof__(leaf_place(L, NULL)) place = leaf_place(L, function);

	return place->function == function ? place->method : NULL;
}

static inline void learn_leaf(struct straight_step *step, const struct lunatik_function *method)
{
	step->class = method->class;
	step->leaf = method->leaf;
	step->result = method->leaf_results ? LUA_VNUMINT : LUA_VNIL;
}

/* No leaf is known for a step: the interpreter goes on, from now on at once if that stays so. Returns 0. */
static inline int learn_none(struct straight_step *step)
{
	if (++step->tries == STRAIGHT_TRIES)
		step->op = STRAIGHT_LEAVE;
	return 0;
}

/*
 * Looks a method up. That is done once for each class: scripts cannot change what a class' metatable says (guard.h), and what other
 * modules put into theirs are no leaves.
 */
static __attribute__((__noinline__, __cold__)) int learn_method(lua_State *L, struct straight_step *step, const TValue *self,
								const lunatik_class_t *class)
{
	const TValue *value = lunatik_method(L, self, step->field);
	const struct lunatik_function *method = value && ttislcf(value) ? leaf_of(L, fvalue(value)) : NULL;

	if (!method || method->class != class)
		return learn_none(step);
	if (step->op == STRAIGHT_SELF)
		step->function = fvalue(value);
	else if (method->leaf_arguments != 1 || !method->leaf_results)
		return learn_none(step);
	learn_leaf(step, method);
	return 1;
}

/* The same for a call, whatever the function was found by. */
static __attribute__((__noinline__, __cold__)) int learn_call(lua_State *L, struct straight_step *step, lua_CFunction function)
{
	const struct lunatik_function *method = leaf_of(L, function);

	if (!method || method->leaf_arguments != step->k)
		return learn_none(step);
	step->function = function;
	learn_leaf(step, method);
	return 1;
}

#define straight_at(offset) ((TValue *)((char *)base + (offset)))
#define straight_integer(value) \
	do { \
		if (luai_unlikely(!ttisinteger(value))) \
			goto leave; \
	} while (0)
#define straight_next(condition) (step = (struct straight_step *)((char *)step + step->next[condition]))
#define straight_copy(to, from) \
	do { \
		TValue *to_ = (to); \
		const TValue *from_ = (from); \
		\
		to_->value_ = from_->value_; \
		settt_(to_, rawtt(from_)); \
	} while (0)
#define straight_compare(operator) \
	do { \
		const TValue *first = straight_at(step->a), *second = straight_at(step->b); \
		\
		straight_integer(first); \
		straight_integer(second); \
		straight_next((ivalue(first) operator ivalue(second))); \
	} while (0)
#define straight_compare_number(operator) \
	do { \
		const TValue *first = straight_at(step->a); \
		\
		straight_integer(first); \
		straight_next((ivalue(first) operator step->number)); \
	} while (0)
#define straight_arithmetic(operator) \
	do { \
		const TValue *first = straight_at(step->b), *second = straight_at(step->c); \
		\
		straight_integer(first); \
		straight_integer(second); \
		setivalue(straight_at(step->a), intop(operator, ivalue(first), ivalue(second))); \
		step++; \
	} while (0)
static __attribute__((__always_inline__)) inline struct straight run_straight(struct straight_step *step, StkId base,
									       lua_State *volatile *state)
{
	/* The object that was called last, which stays open: nothing that runs here closes any. */
	const Udata *handle = NULL;
	const lunatik_object_t *object __attribute__((uninitialized));

/* Opens what @value is a handle of. */
#define straight_open(value) \
	do { \
		if (luai_unlikely(!ttisfulluserdata(value))) \
			goto leave; \
		if (uvalue(value) != handle) { \
			object = object_of(uvalue(value)); \
			if (luai_unlikely(!object)) \
				goto leave; \
			handle = uvalue(value); \
		} \
	} while (0)

	for (;;) {
		unsigned int op = step->op;

		/* The first ones by how often they come; for the others the compiler makes a tree. */
		if (op == STRAIGHT_CALL_WITH) {
			const TValue *self = straight_at(step->b);
			TValue *result = straight_at(step->a);

			straight_open(self);
			if (luai_unlikely(step->class != object->class) && !learn_method(*state, step, self, object->class))
				goto leave;
			if (luai_unlikely(!step->leaf(object->private, &step->number, &val_(result).i)))
				goto leave;
			settt_(result, LUA_VNUMINT);
			step++;
			continue;
		}
		if (op < STRAIGHT_SELF) {
			const TValue *first = straight_at(step->b);
			TValue *result = straight_at(step->a);
			lua_Integer value = ivalue(first);

			straight_integer(first);
			if (op == STRAIGHT_AND_NUMBER)
				value = intop(&, value, step->number);
			else if (op == STRAIGHT_ADD_NUMBER)
				value = intop(+, value, step->number);
			else if (op == STRAIGHT_MUL_NUMBER)
				value = intop(*, value, step->number);
			else
				value = luaV_shiftl(value, step->number);
			setivalue(result, value);
			step++;
			continue;
		}
		if (op >= STRAIGHT_EQ_NUMBER) {
			if (op == STRAIGHT_EQ_NUMBER) {
				straight_compare_number(==);
				continue;
			}
			if (op == STRAIGHT_EQ_UPVALUE) {
				const TValue *first = straight_at(step->b), *second = (*step->upvalue)->v.p;
				lua_Integer value = ivalue(second);

				straight_integer(first);
				straight_integer(second);
				setivalue(straight_at(step->a), value);
				straight_next((ivalue(first) == value));
				continue;
			}
			switch (op) {
			case STRAIGHT_JUMP:
				straight_next(0);
				break;
			case STRAIGHT_TEST:
				straight_next(!l_isfalse(straight_at(step->a)));
				break;
			case STRAIGHT_LT_NUMBER:
				straight_compare_number(<);
				break;
			case STRAIGHT_LE_NUMBER:
				straight_compare_number(<=);
				break;
			case STRAIGHT_GT_NUMBER:
				straight_compare_number(>);
				break;
			case STRAIGHT_GE_NUMBER:
				straight_compare_number(>=);
				break;
			case STRAIGHT_EQ:
				straight_compare(==);
				break;
			case STRAIGHT_LT:
				straight_compare(<);
				break;
			case STRAIGHT_LE:
				straight_compare(<=);
				break;
			}
			continue;
		}
		if (op == STRAIGHT_SELF) {
			const TValue *self = straight_at(step->b);
			TValue *called = straight_at(step->a);

			straight_open(self);
			if (luai_unlikely(step->class != object->class) && !learn_method(*state, step, self, object->class))
				goto leave;
			straight_copy(called + 1, self);
			setfvalue(called, step->function);
			step++;
			continue;
		}
		if (op == STRAIGHT_CALL) {
			TValue *called = straight_at(step->a), *argument;

			if (luai_unlikely(!ttislcf(called)))
				goto leave;
			straight_open(called + 1);
			if (luai_unlikely(fvalue(called) != step->function) && !learn_call(*state, step, fvalue(called)))
				goto leave;
			if (luai_unlikely(step->class != object->class))
				goto leave;
			if (luai_likely(step->k == 1)) {
				straight_integer(called + 2);
			} else {
				for (argument = called + 1 + step->k; argument > called + 1; argument--)
					straight_integer(argument);
			}
			/* The result takes the place of the function, which is there until the leaf has succeeded. */
			if (luai_unlikely(!step->leaf(object->private, &val_(called + 2).i, &val_(called).i)))
				goto leave;
			settt_(called, step->result);
			step++;
			continue;
		}
		if (op == STRAIGHT_RETURN_UPVALUE) {
			const TValue *value = (*step->upvalue)->v.p;

			straight_integer(value);
			return (struct straight){ -1, ivalue(value) };
		}
		switch (op) {
		case STRAIGHT_MOVE:
			straight_copy(straight_at(step->a), straight_at(step->b));
			step++;
			break;
		case STRAIGHT_CONSTANT:
			straight_at(step->a)->value_ = step->constant;
			settt_(straight_at(step->a), step->k);
			step++;
			break;
		case STRAIGHT_UPVALUE:
			straight_copy(straight_at(step->a), (*step->upvalue)->v.p);
			step++;
			break;
		case STRAIGHT_FIELD_OF_UPVALUE:
		case STRAIGHT_FIELD: {
			const TValue *table = op == STRAIGHT_FIELD ? straight_at(step->b) : (*step->upvalue)->v.p, *value;

			if (luai_unlikely(!ttistable(table)))
				goto leave;
			value = lunatik_getshortstr(hvalue(table), step->field);
			if (luai_unlikely(!value || isempty(value)))
				goto leave;
			straight_copy(straight_at(step->a), value);
			step++;
			break;
		}
		case STRAIGHT_ADD:
			straight_arithmetic(+);
			break;
		case STRAIGHT_SUB:
			straight_arithmetic(-);
			break;
		case STRAIGHT_MUL:
			straight_arithmetic(*);
			break;
		case STRAIGHT_AND:
			straight_arithmetic(&);
			break;
		case STRAIGHT_OR:
			straight_arithmetic(|);
			break;
		case STRAIGHT_RETURN:
			straight_integer(straight_at(step->a));
			return (struct straight){ -1, ivalue(straight_at(step->a)) };
		default:
			goto leave;
		}
	}
leave:
	return (struct straight){ step->pc, 0 };
}

#endif
