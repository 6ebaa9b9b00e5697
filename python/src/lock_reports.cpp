// SPDX-License-Identifier: MIT
// What the reports of checked locks say, and to whom: the names and stacks of Python's threads, told to Python.
//
// The checks belong to the process; who is told of a report belongs to the interpreter whose thread made it.
#include <cstdio>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <utility>

#include <plait/lock_order.hpp>
#include <plait/mutex.hpp>

#include "lock_types.hpp"
#include "types.hpp"

namespace plait_python {

namespace {

// -- who takes a lock --

bool is_attached() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return PyThreadState_GetUnchecked() != nullptr;
#else
  return _PyThreadState_UncheckedGet() != nullptr;
#endif
}

// The texts of all places that stacks were ever taken at: as many as there are lines that take locks, or call
// what does.
class known_places {
 public:
  static known_places& the_ones() {
    static known_places places;
    return places;
  }
  const std::string& keep(std::string text) {
    const std::lock_guard hold(lock_);
    return *texts_.insert(std::move(text)).first;
  }
  void reset_after_fork() {
    lock_.~mutex();
    new (&lock_) plait::mutex();
  }

 private:
  plait::mutex lock_;  // no Python runs under it
  std::set<std::string> texts_;
};

const char* utf8_or(PyObject* text, const char* otherwise) noexcept {
  const char* const bytes = PyUnicode_AsUTF8(text);
  if (bytes != nullptr) return bytes;
  PyErr_Clear();
  return otherwise;
}

int python_stack(void** places, int most) {
  if (!is_attached()) return 0;
  int count = 0;
  reference frame = reference::to(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  while (frame && count != most) {
    auto* const now = reinterpret_cast<PyFrameObject*>(frame.get());
    const reference code(reinterpret_cast<PyObject*>(PyFrame_GetCode(now)));
    const auto* const of = reinterpret_cast<PyCodeObject*>(code.get());
    std::string text("File \"");
    text.append(utf8_or(of->co_filename, "?"))
        .append("\", line ")
        .append(std::to_string(PyFrame_GetLineNumber(now)));
    text.append(" in ").append(utf8_or(of->co_qualname, "?"));
    places[count++] = const_cast<std::string*>(&known_places::the_ones().keep(std::move(text)));
    frame = reference(reinterpret_cast<PyObject*>(PyFrame_GetBack(now)));
  }
  return count;
}

std::string python_line(void* place) {
  return *static_cast<const std::string*>(place);
}

// As threading knows it. No Python code runs: a signal handler that raises would find nobody to raise to.
std::string python_thread() {
  if (!is_attached()) return {};
  const reference module_name(PyUnicode_FromString("threading"));
  const reference module(module_name ? PyImport_GetModule(module_name.get()) : nullptr);
  const reference threads(module ? PyObject_GetAttrString(module.get(), "_active") : nullptr);
  const reference ident(PyLong_FromUnsignedLong(PyThread_get_thread_ident()));
  const reference thread(threads && ident && PyDict_Check(threads.get()) ? dict_item(threads.get(), ident.get())
                                                                         : nullptr);
  const reference name(thread ? PyObject_GetAttrString(thread.get(), "_name") : nullptr);
  std::string result = name && PyUnicode_Check(name.get()) ? utf8_or(name.get(), "") : "";
  PyErr_Clear();
  return result;
}

constexpr plait::lock_order_callers python_callers{python_stack, python_line, python_thread};

// -- what is reported --

const char* text_of(plait::lock_problem problem) noexcept {
  switch (problem) {
    case plait::lock_problem::deadlock:
      return "deadlock";
    case plait::lock_problem::relock:
      return "relock";
    case plait::lock_problem::inversion:
      return "inversion";
    case plait::lock_problem::same_class:
      return "same_class";
    case plait::lock_problem::held_at_exit:
      return "held_at_exit";
    default:  // of ranks, keys, leaves, sharing and strangers, which the classes here do not have
      return "other";
  }
}

const char* text_of(plait::lock_certainty certainty) noexcept {
  switch (certainty) {
    case plait::lock_certainty::certain:
      return "certain";
    case plait::lock_certainty::possible:
      return "possible";
    case plait::lock_certainty::unlikely:
      return "unlikely";
  }
  return "";
}

constexpr const char* teller_name = "plait._core.tell_lock_order";

PyObject* text_of(const std::string& bytes) {
  return PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
}

// A list of (held, wanted, thread, lines of the stack). Null: an exception is set.
PyObject* steps_of(const plait::lock_order_report& report) {
  reference steps(PyList_New(0));
  for (const auto& each : report.steps) {
    reference lines(PyList_New(0));
    for (const std::string& line : each.stack) {
      const reference text(text_of(line));
      if (!lines || !text || PyList_Append(lines.get(), text.get()) < 0) return nullptr;
    }
    const reference step(Py_BuildValue("(NNNN)", text_of(each.held), text_of(each.wanted), text_of(each.thread),
                                       lines.release()));
    if (!steps || !step || PyList_Append(steps.get(), step.get()) < 0) return nullptr;
  }
  return steps.release();
}

// Calls what the interpreter of this thread has set; if that raises, the lock is not taken.
void tell(const plait::lock_order_report& report) {
  PyObject* const all = is_attached() ? PyInterpreterState_GetDict(PyInterpreterState_Get()) : nullptr;
  const reference name(all != nullptr ? PyUnicode_FromString(teller_name) : nullptr);
  const reference teller(name ? dict_item(all, name.get()) : nullptr);
  if (!teller) {
    // At the end of a thread, which is no thread of Python's any more.
    const bool is_end = report.problem == plait::lock_problem::held_at_exit;
    std::fputs(is_end ? ("plait: a thread ends that holds '" + report.steps.front().wanted + "'\n").c_str()
                      : report.text().c_str(),
               stderr);
    return;
  }
  const reference steps(steps_of(report));
  const reference told(steps ? PyObject_CallFunction(teller.get(), "ssO", text_of(report.problem),
                                                     text_of(report.certainty), steps.get())
                             : nullptr);
  if (!told) throw exception_is_set();
}

PyObject* tell_lock_order(PyObject*, PyObject* teller) {
  PyObject* const all = PyInterpreterState_GetDict(PyInterpreterState_Get());
  if (all == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "the interpreter has no dictionary of its own");
    return nullptr;
  }
  if (PyDict_SetItemString(all, teller_name, teller) < 0) return nullptr;
  Py_RETURN_NONE;
}

PyObject* set_lock_order_mode(PyObject*, PyObject* mode) {
  using plait::lock_order_mode;
  constexpr std::pair<const char*, lock_order_mode> modes[] = {
      {"off", lock_order_mode::off}, {"log", lock_order_mode::log}, {"raise", lock_order_mode::throw_error}};
  for (const auto& [name, value] : modes) {
    if (!PyUnicode_Check(mode) || PyUnicode_CompareWithASCIIString(mode, name) != 0) continue;
    plait::lock_order::set_mode(value);
    Py_RETURN_NONE;
  }
  PyErr_Format(PyExc_ValueError, "the mode is 'off', 'log', 'raise' or a function, not %R", mode);
  return nullptr;
}

PyMethodDef functions[] = {
    {"set_lock_order_mode", set_lock_order_mode, METH_O, "set_lock_order_mode(mode, /)\n--\n\nOf the process."},
    {"tell_lock_order", tell_lock_order, METH_O, "tell_lock_order(teller, /)\n--\n\nOf this interpreter."},
    {},
};

}  // namespace

void reset_lock_order_after_fork() {
  known_places::the_ones().reset_after_fork();
}

bool add_lock_reports(PyObject* module) {
  plait::lock_order::describe_callers(python_callers);
  plait::lock_order::on_report(tell);
  return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace plait_python
