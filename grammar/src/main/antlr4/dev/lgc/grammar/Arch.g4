/**
 * The grammar of `.arch`, the language of model architectures.
 *
 * Line ends mean nothing: a statement starts with a word and expressions are never juxtaposed, so the next
 * statement's first word ends the one before it. Most words are keywords only where a statement starts
 * ('softWord'), so that `block`, `model` or `scale` can still name a sub-block of a published checkpoint.
 * Comments and white space go to hidden channels: the parser does not see them, the formatter does.
 */
grammar Arch;

// ---------------------------------------------------------------------------------------------- files

file
    : item* EOF
    ;

/** A value given on a command line, or between the braces of a string. */
onlyExpr
    : expr EOF
    ;

item
    : 'import' STRING                                                             # ImportItem
    | 'block' name params? ('is' name)? body                                      # BlockItem
    | 'model' name params? ('is' name)? body                                      # ModelItem
    | 'scale' name params '{' (scaleRow ','?)* '}'                                # ScaleItem
    | 'interface' name '{' (fact ','?)* '}'                                       # InterfaceItem
    | 'variant' name params? 'of' name '{' (override ','?)* '}'                   # VariantItem
    | function                                                                    # FunctionItem
    | 'let' name '=' expr                                                         # LetItem
    ;

scaleRow
    : rowName '=' expr
    ;

rowName
    : name
    | DIGIT_NAME
    ;

fact
    : name ':' type
    ;

override
    : path '=' expr
    ;

/** Which parameters or sub-blocks: `layers[*].attention.kv_heads`, `encoder.**.norm`. */
path
    : pathStep (('.' pathStep) | pathIndex)*
    ;

pathStep
    : name
    | '*'
    | '**'
    ;

pathIndex
    : '[' ('*' | expr) ']'
    ;

function
    : 'function' name params result? (body | '=' expr)
    ;

params
    : '(' (param (',' param)* ','?)? ')'
    ;

param
    : name ':' type ('=' expr)?
    ;

result
    : '->' (type | '(' type (',' type)* ','? ')')
    ;

/** `int`, `Tokenizer`; or a tensor: `[b, s, dim]`, `int[b]`, `[*, dim]`. */
type
    : name                                                                        # NamedType
    | name? '[' (dim (',' dim)* ','?)? ']'                                        # TensorType
    ;

dim
    : '*'
    | expr
    ;

// ----------------------------------------------------------------------------------------- statements

body
    : '{' statement* '}'
    ;

statement
    : 'require' expr (':' STRING)?                                                # RequireStatement
    | 'let' name '=' expr                                                         # LetStatement
    | 'let' '(' name (',' name)* ','? ')' '=' expr                                # LetTupleStatement
    | 'param' name ':' type ('=' expr)?                                           # ParamStatement
    | 'buffer' name ':' type ('=' expr)?                                          # BufferStatement
    | 'frozen' name '=' expr                                                      # FrozenStatement
    | function                                                                    # FunctionStatement
    | 'forward' name? params result? (body | '=' expr)                            # ForwardStatement
    | 'objective' name params ('over' path (',' path)*)? body                     # ObjectiveStatement
    | 'generate' name '[' expr ']' ('given' given (',' given)*)? body             # GenerateStatement
    | 'for' name 'in' expr body                                                   # ForStatement
    | 'if' expr body ('else' (ifStatement | body))?                               # BranchStatement
    | 'return' expr                                                               # ReturnStatement
    | 'minimize' expr                                                             # MinimizeStatement
    | 'report' name '=' expr                                                      # ReportStatement
    | 'export' name '=' expr                                                      # ExportStatement
    | 'update' expr '=' expr                                                      # UpdateStatement
    | 'null' name? ':' expr                                                       # NullStatement
    | name '=' expr                                                               # AssignStatement
    ;

/** What may follow `else` without braces. */
ifStatement
    : 'if' expr body ('else' (ifStatement | body))?
    ;

given
    : name ':' type ('null' name '=' expr)?
    ;

// ---------------------------------------------------------------------------------------- expressions

expr
    : '(' expr ')'                                                                # Group
    | '(' (expr ',' (expr (',' expr)* ','?)?)? ')'                                # Tuple
    | '[' expr comprehension ']'                                                  # Comprehend
    | '[' (expr (',' expr)* ','?)? ']'                                            # ListLiteral
    | '{' (member (','? member)* ','?)? '}'                                       # Container
    | literal                                                                     # Constant
    | name                                                                        # Reference
    | DIGIT_NAME                                                                  # RowReference
    | expr '.' name                                                               # Field
    | expr '(' (argument (',' argument)* ','?)? ')'                               # Call
    | expr '[' (subscript (',' subscript)* ','?)? ']'                             # Index
    | '-' expr                                                                    # Negate
    | expr op=('*' | '/' | '%') expr                                              # Binary
    | expr op=('+' | '-') expr                                                    # Binary
    | expr '..' expr                                                              # Range
    | expr op=('<' | '<=' | '>' | '>=' | '==' | '!=') expr                        # Binary
    | 'not' expr                                                                  # Not
    | expr op='and' expr                                                          # Binary
    | expr op='or' expr                                                           # Binary
    | 'if' expr 'then' expr 'else' expr                                           # Choose
    ;

comprehension
    : ('for' name 'in' expr)+ ('if' expr)?
    ;

member
    : name '=' expr
    ;

argument
    : (name ':')? expr
    ;

subscript
    : expr? ':' expr?
    | expr
    ;

literal
    : INT
    | FLOAT
    | STRING
    | 'true'
    | 'false'
    | 'none'
    ;

/** A name; the soft words are names wherever they do not start a statement. */
name
    : NAME
    | softWord
    ;

softWord
    : 'block' | 'model' | 'scale' | 'interface' | 'variant' | 'is' | 'of' | 'function' | 'forward' | 'objective'
    | 'over' | 'generate' | 'given' | 'null' | 'param' | 'buffer' | 'frozen' | 'report' | 'export' | 'update'
    | 'require' | 'minimize'
    ;

// --------------------------------------------------------------------------------------------- tokens

INT
    : DIGIT (DIGIT | '_' DIGIT)*
    ;

FLOAT
    : DIGIT+ '.' DIGIT+ EXPONENT?
    | DIGIT+ EXPONENT
    ;

/** Names of scale rows may start with a digit: `3B`. */
DIGIT_NAME
    : DIGIT+ LETTER (LETTER | DIGIT)*
    ;

NAME
    : LETTER (LETTER | DIGIT)*
    ;

STRING
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])* '"'
    ;

DOC_COMMENT
    : '///' ~[\r\n]* -> channel(2)
    ;

LINE_COMMENT
    : '//' ~[\r\n]* -> channel(2)
    ;

BLOCK_COMMENT
    : '/*' .*? '*/' -> channel(2)
    ;

SPACE
    : [ \t\r\n\uFEFF]+ -> channel(HIDDEN)
    ;

/** A string or comment that is not closed. */
UNCLOSED
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])*
    | '/*' .*?
    ;

/** Anything else, so that it is the parser that reports it. */
STRAY
    : .
    ;

fragment DIGIT
    : [0-9]
    ;

fragment LETTER
    : [A-Za-z_]
    ;

fragment EXPONENT
    : [eE] [+-]? DIGIT+
    ;
