// Why the core's module refuses rules, in Spanish and Portuguese. The module says it in English, as programmers read it; what stands in
// braces is taken over. A test holds each of its sentences against this table.

const REFUSALS = [
  ["there is no such field; the fields are {}", "no existe ese campo; los campos son {}", "não existe esse campo; os campos são {}"],
  ["a ticket cannot do without this field", "un ticket no puede prescindir de este campo", "um ticket não pode prescindir deste campo"],
  ["a yes or no that is not given is a no", "un sí o no que no se da es un no", "um sim ou não que não é dado é um não"],
  ["at least {}", "al menos {}", "ao menos {}"],
  ["at most its max, {}", "como mucho su max, {}", "no máximo o seu max, {}"],
  ["at most {} days", "como mucho {} días", "no máximo {} dias"],
  ["at most {} shifts a day", "como mucho {} turnos por día", "no máximo {} turnos por dia"],
  ["at most {} dates", "como mucho {} fechas", "no máximo {} datas"],
  ["at most {} whole percents from {} to {}", "como mucho {} porcentajes enteros de {} a {}", "no máximo {} porcentagens inteiras de {} a {}"],
  ["at most {}", "como mucho {}", "no máximo {}"],
  ["min and max are for texts; the length of this field is fixed", "min y max son de los textos; la longitud de este campo es fija", "min e max são dos textos; o comprimento deste campo é fixo"],
  ["at least one type is needed", "hace falta al menos un tipo", "é preciso ao menos um tipo"],
  ["a name has {} to {} characters, none of them a control character, and no space at its ends", "un nombre tiene de {} a {} caracteres, ninguno de control, y ningún espacio en los extremos", "um nome tem de {} a {} caracteres, nenhum de controle, e nenhum espaço nas pontas"],
  ["policy {} stands there twice", "la política {} está dos veces", "a política {} está duas vezes"],
  ["{} stands there twice", "{} está dos veces", "{} está duas vezes"],
  ["{} already names another, or itself", "{} ya nombra a otra, o a sí misma", "{} já nomeia outra, ou a si mesma"],
  ["it must be in areas.lista when soloConocidas is true", "tiene que estar en areas.lista cuando soloConocidas es true", "tem de estar em areas.lista quando soloConocidas é true"],
  ["an id lies between {} and {}", "un id está entre {} y {}", "um id fica entre {} e {}"],
  ["{} is not in {}", "{} no está en {}", "{} não está em {}"],
  ["{} is no origin; the origins are {}", "{} no es un origen; los orígenes son {}", "{} não é uma origem; as origens são {}"],
  ["{} is an alias; write {}", "{} es un alias; escriba {}", "{} é um alias; escreva {}"],
  ["an offset from UTC is less than a day, and that of UTC is 0", "un desfase de UTC es menor que un día, y el de UTC es 0", "um deslocamento de UTC é menor que um dia, e o de UTC é 0"],
  ["transitions stand oldest first, no two at one instant", "las transiciones van de la más antigua a la más nueva, no dos en un instante", "as transições vão da mais antiga à mais nova, não duas num instante"],
  ["the prefix of a label is {} to {} letters A to Z", "el prefijo de una etiqueta tiene de {} a {} letras de la A a la Z", "o prefixo de uma etiqueta tem de {} a {} letras de A a Z"],
  ["the numbers of labels are padded to {} to {} digits", "los números de las etiquetas se completan a entre {} y {} cifras", "os números das etiquetas são completados a entre {} e {} algarismos"],
  ["the zone {} is not in zonas; the server fills that in, from its tz database, when rules are applied", "la zona {} no está en zonas; la pone el servidor al activar las reglas, de su base de zonas", "a zona {} não está em zonas; o servidor a põe ao ativar as regras, da sua base de fusos"],
  ["{} is no calendar; there are none in calendarios", "{} no es un calendario; no hay ninguno en calendarios", "{} não é um calendário; não há nenhum em calendarios"],
  ["{} is no calendar; calendarios has {}", "{} no es un calendario; calendarios tiene {}", "{} não é um calendário; calendarios tem {}"],
  ["a calendar needs a shift, in the week or on some date", "un calendario necesita un turno, en la semana o en alguna fecha", "um calendário precisa de um turno, na semana ou em alguma data"],
  ["in {} the clock stands still anyway; it may pause in {} and {}", "en {} el reloj está detenido de todos modos; puede pausarse en {} y {}", "em {} o relógio está parado de qualquer modo; pode pausar em {} e {}"],
  ["a clock that pauses in every open status never runs", "un reloj que se pausa en todo estado abierto nunca corre", "um relógio que pausa em todo estado aberto nunca anda"],
  ["{} is neither in enRiesgo nor {}, which is the deadline", "{} no está en enRiesgo ni es {}, que es el plazo", "{} não está em enRiesgo nem é {}, que é o prazo"],
  ["a step does something: area, prioridad or notificar", "un paso hace algo: area, prioridad o notificar", "um passo faz algo: area, prioridad ou notificar"],
  ["between {} and {} months", "entre {} y {} meses", "entre {} e {} meses"],
  ["{} is missing", "falta {}", "falta {}"],
  ["rules have no such member", "las reglas no tienen ese miembro", "as regras não têm esse membro"],
  ["expected a text", "se esperaba un texto", "esperava-se um texto"],
  ["expected true or false", "se esperaba true o false", "esperava-se true ou false"],
  ["expected an integer from {} to {}", "se esperaba un entero de {} a {}", "esperava-se um inteiro de {} a {}"],
  ["expected an integer", "se esperaba un entero", "esperava-se um inteiro"],
  ["expected a budget, such as {}", "se esperaba un plazo, como {}", "esperava-se um prazo, como {}"],
  ["expected a time of day before {}", "se esperaba una hora del día antes de las {}", "esperava-se uma hora do dia antes das {}"],
  ["expected a time of day, such as {}", "se esperaba una hora del día, como {}", "esperava-se uma hora do dia, como {}"],
  ["expected a date, such as {}", "se esperaba una fecha, como {}", "esperava-se uma data, como {}"],
  ["expected a list", "se esperaba una lista", "esperava-se uma lista"],
  ["expected a pair", "se esperaba un par", "esperava-se um par"],
  ["expected an object", "se esperaba un objeto", "esperava-se um objeto"],
  // What a name may be is told as it is.
  ["expected {}", "se esperaba {}", "esperava-se {}"],
]
  // Those that say most come first: "at least {}" is the beginning of others.
  .sort(([one], [other]) => other.length - one.length)
  .map(([english, ...others]) => ({ pattern: new RegExp(`^${english.replace(/[.()]/g, "\\$&").replaceAll("{}", "(.+?)")}$`), others }));

const COLUMNS = ["es", "pt"];

/** A refusal – where, and why – in a language; as it is where that is English, or it is not known. */
export function inWords(refusal, locale) {
  const column = COLUMNS.indexOf(locale);
  if (column < 0) return refusal;
  // What stands before a colon says where, as much of it as can.
  const begins = [0, ...[...refusal.matchAll(/: /g)].map(({ index }) => index + 2)].reverse();
  for (const { pattern, others } of REFUSALS) {
    for (const begin of begins) {
      const found = pattern.exec(refusal.slice(begin));
      if (!found) continue;
      let at = 0;
      return refusal.slice(0, begin) + others[column].replace(/\{\}/g, () => found[(at += 1)]);
    }
  }
  return refusal;
}
